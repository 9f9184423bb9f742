import CRetortCPU
import Glibc
import RetortCore

extension Lowering {
  func lowerRandom(
    _ step: Step, _ distribution: RandomDistribution, _ stream: UInt32, _ count: Int
  ) throws -> Operation {
    let state = try input(step, 0, 3, .int32).assumingMemoryBound(to: Int32.self)
    let y = try output(step, 0, count)
    let run = distribution == .uniform ? kernels.random_uniform : kernels.random_normal
    return split(count, by: 4096) { _, start, end in run(state, stream, start, end, y) }
  }

  func lowerLatentStep(
    _ step: Step, _ rule: LatentStepRule, _ rows: Int, _ columns: Int, _ sizePerRow: Bool
  ) throws -> Operation {
    let z = try input(step, 0, rows * columns)
    let gradient = try input(step, 1, rows * columns)
    let size = try input(step, 2, sizePerRow ? rows : 1)
    let y = try output(step, 0, rows * columns)
    let run = kernels.latent_step
    return splitRows(rows, columns) { _, start, end in
      run(
        z, gradient, size, sizePerRow ? 1 : 0, rule == .normalised ? 1 : 0, Int64(columns), start,
        end, y)
    }
  }

  func lowerOptimizer(_ step: Step, _ rule: OptimizerRule, _ count: Int) throws -> Operation {
    let gradient = try input(step, 0, count)
    let rate = try input(step, 1, 1)
    let number = try input(step, 2, 1, .int32).assumingMemoryBound(to: Int32.self)
    let states = rule.stateCount
    var update = retort_update(
      parameters: try output(step, 0, count), gradient: gradient, first: nil, second: nil,
      learning_rate: 0, weight_decay: 0, momentum: 0, nesterov: 0, beta1: 0, beta2: 0, epsilon: 0,
      bias1: 1, bias2: 1, decoupled: 0)
    if states > 0 { update.first = try output(step, 1, count) }
    if states > 1 { update.second = try output(step, 2, count) }
    let run: @convention(c) (UnsafePointer<retort_update>, Int64, Int64) -> Void
    switch rule {
    case .sgd(let momentum, let nesterov, let weightDecay):
      update.momentum = momentum
      update.nesterov = nesterov ? 1 : 0
      update.weight_decay = weightDecay
      run = kernels.sgd
    case .adam(let beta1, let beta2, let epsilon, let weightDecay, let decoupled):
      (update.beta1, update.beta2) = (beta1, beta2)
      (update.epsilon, update.weight_decay) = (epsilon, weightDecay)
      update.decoupled = decoupled ? 1 : 0
      run = kernels.adam
    }
    let (fixed, isDouble) = (update, precision == .float64)
    return { [workers] in
      var update = fixed
      update.learning_rate =
        isDouble
        ? rate.assumingMemoryBound(to: Double.self).pointee
        : Double(rate.assumingMemoryBound(to: Float.self).pointee)
      let time = Double(number.pointee) + 1
      update.bias1 = 1 - pow(update.beta1, time)
      update.bias2 = 1 - pow(update.beta2, time)
      let grain = 16384
      withUnsafePointer(to: update) { update in
        workers.run((count + grain - 1) / grain) { _, task in
          run(update, Int64(task * grain), Int64(min(count, (task + 1) * grain)))
        }
      }
    }
  }
}
