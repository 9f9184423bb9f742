import CRetortCPU
import Glibc
import RetortCore

extension Lowering {
  func lowerOptimizer(_ step: Step, _ update: OptimizerUpdate, _ count: Int) throws -> Operation {
    let rate = try input(step, 1, 1)
    let number = try input(step, 2, 1, .int32).assumingMemoryBound(to: Int32.self)
    var fixed = retort_update(update.rule)
    fixed.gradient = UnsafeRawPointer(try input(step, 0, count))
    fixed.parameters = try output(step, 0, count)
    for (index, state) in update.rule.state.enumerated() {
      fixed[keyPath: state] = try output(step, 1 + index, count)
    }
    var clipping: (norm: UnsafeMutableRawPointer, limit: Double)?
    switch update.clipping {
    case .norm(let limit): clipping = (try input(step, 3, 1), limit)
    case .value(let limit): fixed.limit = limit
    case nil: break
    }
    let scaling = try update.input(.scaling).map { try input(step, $0, 2) }
    let momentum = try update.input(.momentum).map { try input(step, $0, 1) }
    fixed.decaying = try update.input(.decaying).map {
      UnsafeRawPointer(try input(step, $0, count))
    }
    if update.averaging != nil { fixed.average = try output(step, update.stateCount, count) }
    let follow =
      switch update.rule {
      case .sgd: kernels.sgd
      case .adam: kernels.adam
      case .rmsprop: kernels.rmsprop
      }
    let average = update.averaging.map { _ in kernels.average }
    let isDouble = precision == .float64
    func real(_ pointer: UnsafeRawPointer, _ index: Int = 0) -> Double {
      isDouble
        ? pointer.assumingMemoryBound(to: Double.self)[index]
        : Double(pointer.assumingMemoryBound(to: Float.self)[index])
    }
    return { [workers, fixed, clipping, scaling, momentum] in
      var now = fixed
      now.learning_rate = real(rate)
      var done = Int(number.pointee)
      if let scaling {
        now.scale = real(scaling)
        guard now.scale != 0 else { return }
        done -= Int(real(scaling, 1))
      }
      if let momentum { now.setMomentum(real(momentum), of: update.rule) }
      if done == 0 { now.fresh = 1 }
      let time = Double(done) + 1
      now.bias1 = 1 - pow(now.beta1, time)
      now.bias2 = 1 - pow(now.beta2, time)
      if let clipping {
        let scale = clipping.limit / (real(clipping.norm) + 1e-6)
        now.scale *= scale > 1 ? 1 : scale  // NaN stays
      }
      now.share = update.averaging?.share(step: done) ?? 0
      let grain = 16384
      withUnsafePointer(to: now) { now in
        workers.run((count + grain - 1) / grain) { _, task in
          let (start, end) = (Int64(task * grain), Int64(min(count, (task + 1) * grain)))
          follow(now, start, end)
          average?(now, start, end)
        }
      }
    }
  }
}

extension OptimizerRule {
  /// The fields for the state buffers, in order.
  fileprivate var state: [WritableKeyPath<retort_update, UnsafeMutableRawPointer?>] {
    switch self {
    case .sgd(let momentum, _, _, _): momentum == 0 ? [] : [\.velocity]
    case .adam(_, _, _, _, _, let amsgrad):
      [\.first, \.second] + (amsgrad ? [\.largest] : [])
    case .rmsprop(_, _, let momentum, let centered, _):
      [\.second] + (centered ? [\.first] : []) + (momentum == 0 ? [] : [\.velocity])
    }
  }
}

extension WeightAveraging {
  /// The weight of the parameters in the average's update numbered `step`.
  fileprivate func share(step: Int) -> Double {
    switch self {
    case .exponential(let decay, let from): step <= from ? 1 : 1 - decay
    case .equal(let from): 1 / Double(max(0, step - from) + 1)
    }
  }
}

extension retort_update {
  /// The rule's constants; buffers and values that vary by step are set later.
  fileprivate init(_ rule: OptimizerRule) {
    self.init()
    (scale, limit, bias1, bias2, fresh) = (1, .infinity, 1, 1, 1)
    switch rule {
    case .sgd(let momentum, let dampening, let nesterov, let weightDecay):
      (self.momentum, fresh) = (momentum, 1 - dampening)
      self.nesterov = nesterov ? 1 : 0
      weight_decay = weightDecay
    case .adam(let beta1, let beta2, let epsilon, let weightDecay, let decoupled, _):
      (self.beta1, self.beta2, self.epsilon) = (beta1, beta2, epsilon)
      weight_decay = weightDecay
      self.decoupled = decoupled ? 1 : 0
    case .rmsprop(let alpha, let epsilon, let momentum, _, let weightDecay):
      (beta1, beta2, self.epsilon) = (alpha, alpha, epsilon)
      (self.momentum, weight_decay) = (momentum, weightDecay)
    }
  }

  /// Sets the momentum of one step, β₁ for Adam.
  fileprivate mutating func setMomentum(_ value: Double, of rule: OptimizerRule) {
    switch rule {
    case .sgd, .rmsprop: momentum = value
    case .adam: beta1 = value
    }
  }
}
