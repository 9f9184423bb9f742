import RetortSchema

/// An optimizer that divides the first moment by the root of the second, as Adam does.
protocol MomentOptimizer: Optimizer {
  /// The decay of the first moment, in [0, 1).
  var beta1: Double { get set }
  /// The decay of the second moment, in [0, 1).
  var beta2: Double { get set }
  /// The constant added to the root of the second moment, for stability.
  var epsilon: Double { get set }
  /// Whether the largest second moment so far replaces the current one.
  var amsgrad: Bool { get set }
}

extension MomentOptimizer {
  /// The keys of the moments in recipes.
  static var momentKeys: [Key<Self>] {
    [
      .number("beta1", \.beta1, .belowOne, "the decay of m"),
      .number("beta2", \.beta2, .belowOne, "the decay of v"),
      .number("epsilon", \.epsilon, .positive(upTo: 1), "added to the root"),
      .bool("amsgrad", \.amsgrad, "whether the largest v so far stands for v").omittedAtDefault(),
    ]
  }
}
