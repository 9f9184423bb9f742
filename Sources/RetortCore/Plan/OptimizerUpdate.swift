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

  /// The bare rule unless told otherwise.
  public init(
    _ rule: OptimizerRule, clipping: GradientClipping? = nil, averaging: WeightAveraging? = nil,
    isScaled: Bool = false
  ) {
    (self.rule, self.clipping, self.averaging) = (rule, clipping, averaging)
    self.isScaled = isScaled
  }

  /// The number of state buffers, each as large as the parameters and zero at first: the rule's,
  /// then the average.
  public var stateCount: Int { rule.stateCount + (averaging == nil ? 0 : 1) }

  /// Which input of the step the scaling is: it comes after the gradient's norm, if that is there.
  package var scalingInput: Int {
    if case .norm = clipping { 4 } else { 3 }
  }
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
