/// The update of each parameter in one optimizer launch: unscale the gradient, clip it, apply the rule,
/// average the weights.
public struct OptimizerUpdate: Sendable, Hashable {
  /// The update rule.
  public var rule: OptimizerRule
  /// The clipping of gradients before the rule applies; nil for none.
  public var clipping: GradientClipping?
  /// The average of the parameters kept beside them; nil for none.
  public var averaging: WeightAveraging?
  /// Whether gradients carry a loss scale, so that a step may be skipped.
  public var isScaled: Bool
  /// Whether momentum, or β₁ of Adam, is an input of each step; the rule of SGD and RMSprop then has a
  /// momentum other than zero.
  public var cyclesMomentum: Bool
  /// Whether some parameters have no weight decay.
  public var decaysPartly: Bool

  /// An update by `rule`, unless told otherwise without clipping, averaging and scaling.
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

  /// The optional inputs of a step after gradient, learning rate and step number, in order.
  package enum Extra: CaseIterable, Sendable {
    /// The gradient's norm, for clipping by norm.
    case gradientNorm
    /// The factor that unscales gradients, and the number of skipped steps.
    case scaling
    /// The step's momentum.
    case momentum
    /// 1 for each parameter that decays, else 0.
    case decaying
  }

  /// The optional inputs that this update takes.
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

  /// The index of `extra` among the step's inputs; nil if this update does not take it.
  package func input(_ extra: Extra) -> Int? { extras.firstIndex(of: extra).map { 3 + $0 } }
}

/// The clipping of gradients; NaN stays NaN, so that it is detected.
public enum GradientClipping: Sendable, Hashable {
  /// Scales all gradients by `min(1, limit / (‖g‖ + 1e-6))`, limit > 0, where ‖g‖ is the Euclidean norm over
  /// all parameters.
  ///
  /// Source: Pascanu, Mikolov, Bengio 2013, algorithm 1; `clip_grad_norm_` of PyTorch.
  case norm(Double)
  /// Clamps each element to [−limit, limit], limit > 0; `clip_grad_value_` of PyTorch.
  case value(Double)
}

/// A running average of the parameters over updates, kept beside them.
///
/// Up to and including the update numbered `from`, counted from 0, it is a copy of the parameters.
public enum WeightAveraging: Sendable, Hashable {
  /// `a += (1 − decay)(p − a)` after each later update, decay in [0, 1).
  ///
  /// Source: Polyak and Juditsky 1992; `get_ema_multi_avg_fn` of PyTorch.
  case exponential(decay: Double, from: Int)
  /// The mean of the parameters after the update `from` and all later ones.
  ///
  /// Source: Izmailov et al. 2018, algorithm 1, with cycles of one step.
  case equal(from: Int)

  /// The number of the first update that enters the average.
  public var from: Int {
    switch self {
    case .exponential(_, let from), .equal(let from): from
    }
  }
}
