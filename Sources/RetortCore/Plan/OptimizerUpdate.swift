/// What one optimizer launch does to each parameter: scale its gradient back, bound it, follow it,
/// average.
public struct OptimizerUpdate: Sendable, Hashable {
  /// How parameters follow their gradient.
  public var rule: OptimizerRule
  /// How gradients are bounded before the rule sees them; nil for not at all.
  public var clipping: GradientClipping?
  /// What is kept beside the parameters; nil for nothing.
  public var averaging: WeightAveraging?
  /// Whether gradients come scaled, and a step may be one that changes nothing.
  public var isScaled: Bool
  /// Whether each step brings its own momentum, or its β₁ for Adam; that of SGD and RMSprop is not
  /// zero then.
  public var cyclesMomentum: Bool
  /// Whether some parameters do not decay.
  public var decaysPartly: Bool

  /// The bare rule unless told otherwise.
  public init(
    _ rule: OptimizerRule, clipping: GradientClipping? = nil, averaging: WeightAveraging? = nil,
    isScaled: Bool = false, cyclesMomentum: Bool = false, decaysPartly: Bool = false
  ) {
    (self.rule, self.clipping, self.averaging) = (rule, clipping, averaging)
    (self.isScaled, self.cyclesMomentum) = (isScaled, cyclesMomentum)
    self.decaysPartly = decaysPartly
  }

  /// The number of state buffers, each as large as the parameters and zero at first: the rule's,
  /// then the average.
  public var stateCount: Int { rule.stateCount + (averaging == nil ? 0 : 1) }

  /// What a step may take besides gradient, learning rate and number, in the order of its inputs.
  package enum Extra: CaseIterable, Sendable {
    /// The gradient's norm, which bounds it.
    case gradientNorm
    /// What scaled gradients are multiplied by, and how many steps have done nothing.
    case scaling
    /// The step's momentum.
    case momentum
    /// 1 for each parameter that decays, else 0.
    case decaying
  }

  /// Those that this update takes.
  package var extras: [Extra] {
    Extra.allCases.filter { extra in
      switch extra {
      case .gradientNorm: if case .norm = clipping { true } else { false }
      case .scaling: isScaled
      case .momentum: cyclesMomentum
      case .decaying: decaysPartly
      }
    }
  }

  /// Which input of the step `extra` is, if it takes it.
  package func input(_ extra: Extra) -> Int? { extras.firstIndex(of: extra).map { 3 + $0 } }
}

/// How gradients are bounded; a NaN stays one, so that it is found.
public enum GradientClipping: Sendable, Hashable {
  /// All together are scaled by `min(1, limit / (‖g‖ + 1e-6))`, limit > 0, where ‖g‖ is the
  /// Euclidean norm over all parameters.
  ///
  /// Source: Pascanu, Mikolov, Bengio 2013, algorithm 1; `clip_grad_norm_` of PyTorch.
  case norm(Double)
  /// Each lies in [−limit, limit], limit > 0; `clip_grad_value_` of PyTorch.
  case value(Double)
}

/// A mean of the parameters over the steps, kept beside them.
///
/// It is a copy of the parameters up to the update numbered `from`, counted from 0, and that one.
public enum WeightAveraging: Sendable, Hashable {
  /// `a += (1 − decay)(p − a)` after each later update, decay in [0, 1).
  ///
  /// Source: Polyak and Juditsky 1992; `get_ema_multi_avg_fn` of PyTorch.
  case exponential(decay: Double, from: Int)
  /// The mean of the parameters after the update `from` and all later ones.
  ///
  /// Source: Izmailov et al. 2018, algorithm 1, with cycles of one step.
  case equal(from: Int)

  /// The number of the first update whose result counts.
  public var from: Int {
    switch self {
    case .exponential(_, let from), .equal(let from): from
    }
  }
}
