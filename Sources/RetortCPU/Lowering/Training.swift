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
}
