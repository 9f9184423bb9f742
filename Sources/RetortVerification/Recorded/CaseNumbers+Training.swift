import RetortCore
import RetortFormats
import RetortTraining

extension CaseNumbers {
  /// The optimizer that `hyper` describes, in PyTorch's words.
  ///
  /// - Parameter momentum: The schedule's first momentum, or β₁; nil if the schedule does not set it.
  func optimizer(momentum: Double?) throws -> any Optimizer {
    let name = value("optimizer.name")?.string ?? "none"
    func number(_ key: String, _ standard: Double, _ range: CaseRange) throws -> Double {
      try optional("optimizer.\(key)", range) ?? standard
    }
    let rate = try required("optimizer.lr", .notNegative)
    let decay = try optional("optimizer.weight_decay", .notNegative)
    switch name {
    case "sgd":
      let own = try number("momentum", 0, .notNegative)
      return SGD(
        learningRate: rate, momentum: momentum ?? own,
        dampening: try number("dampening", 0, .share), nesterov: try flag("optimizer.nesterov"),
        weightDecay: decay ?? 0)
    case "adam":
      return Adam(
        learningRate: rate, beta1: try number("beta1", 0.9, .belowOne),
        beta2: try number("beta2", 0.999, .belowOne),
        epsilon: try number("eps", 1e-8, .notNegative), weightDecay: decay ?? 0,
        amsgrad: try flag("optimizer.amsgrad"))
    case "adamw":
      return AdamW(
        learningRate: rate, beta1: try number("beta1", 0.9, .belowOne),
        beta2: try number("beta2", 0.999, .belowOne),
        epsilon: try number("eps", 1e-8, .notNegative), weightDecay: decay ?? 0.01,
        amsgrad: try flag("optimizer.amsgrad"))
    case "rmsprop":
      let own = try number("momentum", 0, .notNegative)
      return RMSprop(
        learningRate: rate, alpha: try number("alpha", 0.99, .share),
        epsilon: try number("eps", 1e-8, .notNegative),
        momentum: momentum ?? own,
        centered: try flag("optimizer.centered"), weightDecay: decay ?? 0)
    default: throw VerificationError.unknownOptimizer(name, file: path)
    }
  }

  /// The scope of weight decay: `decay_biases` and `decay_norms` of the optimizer.
  var decays: DecayScope {
    get throws {
      DecayScope(
        biases: try flag("optimizer.decay_biases", true),
        norms: try flag("optimizer.decay_norms", true))
    }
  }

  /// The gradient clipping, `clip_norm` or `clip_value`; nil for none.
  var clipping: GradientClipping? {
    get throws {
      try optional("clip_norm", .positive).map { .norm($0) }
        ?? optional("clip_value", .positive).map { .value($0) }
    }
  }

  /// The weight averaging, `average`, with equal weights if it has no `decay`; nil for none.
  var averaging: WeightAveraging? {
    get throws {
      try value("average").map { _ in
        let from = Int(try optional("average.from", .whole(0...1_000_000)) ?? 0)
        return try optional("average.decay", .belowOne).map { .exponential(decay: $0, from: from) }
          ?? .equal(from: from)
      }
    }
  }

  /// The learning rate schedule over `steps` steps: `schedule`, with PyTorch's names.
  func schedule(steps: Int) throws -> any Schedule {
    guard value("schedule") != nil else { return ConstantSchedule() }
    let name = value("schedule.name")?.string ?? "none"
    func number(_ key: String, _ standard: Double, _ range: CaseRange) throws -> Double {
      try optional("schedule.\(key)", range) ?? standard
    }
    func whole(_ key: String) throws -> Int {
      Int(try number(key, Double(steps), .whole(1...1_000_000)))
    }
    switch name {
    case "step":
      return StepSchedule(period: try whole("step_size"), gamma: try number("gamma", 0.1, .share))
    case "multi_step":
      return MultiStepSchedule(
        milestones: try integers("schedule.milestones", 0...1_000_000) ?? [],
        gamma: try number("gamma", 0.1, .share))
    case "cosine":
      let floor = try number("eta_min", 0, .notNegative)
      let rate = try required("optimizer.lr", .notNegative)
      return CosineSchedule(steps: try whole("t_max"), floor: rate > 0 ? floor / rate : 0)
    case "polynomial":
      return PolynomialSchedule(
        steps: try whole("total_iters"), power: try number("power", 1, .positive))
    case "one_cycle":
      let cycles = try flag("schedule.cycle_momentum", true)
      let cycle = MomentumCycle(
        least: try number("base_momentum", 0.85, .belowOne),
        largest: try number("max_momentum", 0.95, .belowOne))
      return OneCycleSchedule(
        steps: try whole("total_steps"), rise: try number("pct_start", 0.3, .share),
        divisor: try number("div_factor", 25, .positive),
        finalDivisor: try number("final_div_factor", 1e4, .positive),
        momentum: cycles ? cycle : nil)
    default: throw VerificationError.unknownSchedule(name, file: path)
    }
  }
}
