import RetortSchema

/// An optimizer that divides mean gradients by the root of their mean square, as Adam does.
protocol MomentOptimizer: Optimizer {
  /// The decay of the mean gradient, in [0, 1).
  var beta1: Double { get set }
  /// The decay of the mean squared gradient, in [0, 1).
  var beta2: Double { get set }
  /// Added to the root of the second moment.
  var epsilon: Double { get set }
  /// Whether the largest second moment so far divides, not the last.
  var amsgrad: Bool { get set }
}

extension MomentOptimizer {
  /// The keys of the moments.
  static var momentKeys: [Key<Self>] {
    [
      .number("beta1", \.beta1, .belowOne, "the decay of m"),
      .number("beta2", \.beta2, .belowOne, "the decay of v"),
      .number("epsilon", \.epsilon, .positive(upTo: 1), "added to the root"),
      .bool("amsgrad", \.amsgrad, "whether the largest v so far stands for v").omittedAtDefault(),
    ]
  }
}
