import RetortCore
import RetortSchema

/// RMSprop, as PyTorch defines it: gradients divided by the root of their mean square.
///
/// `g += decay·p; s = alpha·s + (1 − alpha)·g²; p -= rate·g/(√s + epsilon)`. Centered, the square
/// of the mean gradient is taken off s; with momentum the quotient adds to a velocity,
/// `v = momentum·v + g/(√s + epsilon); p -= rate·v`.
///
/// Source: Tieleman and Hinton 2012, lecture 6.5 of "Neural Networks for Machine Learning";
/// centered: [Graves 2013](https://arxiv.org/abs/1308.0850), section 4.2.
public struct RMSprop: Optimizer {
  /// The entry in lists of optimizers.
  public static let explanation = Explanation(
    optimizer: "rmsprop", "gradients divided by the root of their mean square",
    "As Adam without the mean of gradients: it follows what changes fast.",
    equation: [
      "s = alpha·s + (1 − alpha)·g²",
      "v = momentum·v + g / (√s + epsilon);  p −= rate·v",
      "centered: √(s − m²) in place of √s,  m = alpha·m + (1 − alpha)·g",
    ],
    source: "Tieleman and Hinton 2012; Graves 2013, arXiv 1308.0850; PyTorch's RMSprop")

  /// The learning rate.
  public var learningRate: Double
  /// The decay of the mean square, in [0, 1).
  public var alpha: Double
  /// The constant added to the root of the mean square, > 0.
  public var epsilon: Double
  /// The momentum: the share of the last velocity, in [0, 1).
  public var momentum: Double
  /// Whether the variance of the gradient replaces its mean square.
  public var centered: Bool
  /// The weight decay: the multiple of each parameter added to its gradient.
  public var weightDecay: Double

  /// An optimizer with PyTorch's constants by default.
  public init(
    learningRate: Double, alpha: Double = 0.99, epsilon: Double = 1e-8, momentum: Double = 0,
    centered: Bool = false, weightDecay: Double = 0
  ) {
    (self.learningRate, self.alpha, self.epsilon) = (learningRate, alpha, epsilon)
    (self.momentum, self.centered, self.weightDecay) = (momentum, centered, weightDecay)
  }

  /// The keys in recipes.
  public static let keys: [Key<RMSprop>] = [
    .learningRate,
    .weightDecay(),
    .number("alpha", \.alpha, .belowOne, "the decay of s"),
    .number("epsilon", \.epsilon, .positive(upTo: 1), "added to the root"),
    .number("momentum", \.momentum, .belowOne, "the share of v that stays"),
    .bool("centered", \.centered, "whether to divide by a deviation"),
  ]

  /// PyTorch's defaults.
  public init() { self.init(learningRate: 1e-2) }

  /// The update rule of one step.
  public var rule: OptimizerRule {
    .rmsprop(
      alpha: alpha, epsilon: epsilon, momentum: momentum, centered: centered,
      weightDecay: weightDecay)
  }
}
