import RetortCore
import RetortSchema

/// Stochastic gradient descent with momentum, as PyTorch defines it.
///
/// `g += decay·p; v = momentum·v + g; p -= rate·v`, or with Nesterov `p -= rate·(g + momentum·v)`.
///
/// Source: [Sutskever et al. 2013](https://proceedings.mlr.press/v28/sutskever13.html); the
/// learning rate multiplies the velocity, not the gradient in it.
public struct SGD: Optimizer {
  /// Its entry in lists.
  public static let explanation = Explanation(
    optimizer: "sgd", "stochastic gradient descent, with momentum if asked for",
    "The velocity v adds up gradients, so that steps along a valley grow and across it cancel.",
    equation: ["v = momentum·v + g;  p −= rate·v", "nesterov: p −= rate·(g + momentum·v)"],
    source: "Sutskever et al. 2013; PyTorch's SGD")

  /// The step's size.
  public var learningRate: Double
  /// The share of the last velocity, in [0, 1).
  public var momentum: Double
  /// Whether the step looks ahead along the velocity.
  public var nesterov: Bool
  /// The share of each parameter added to its gradient.
  public var weightDecay: Double

  /// Plain descent unless told otherwise.
  public init(
    learningRate: Double, momentum: Double = 0, nesterov: Bool = false, weightDecay: Double = 0
  ) {
    (self.learningRate, self.momentum) = (learningRate, momentum)
    (self.nesterov, self.weightDecay) = (nesterov, weightDecay)
  }

  /// Its keys.
  public static let keys: [Key<SGD>] = [
    .number("learning-rate", \.learningRate, .positive(upTo: 1000), "the rate").alias("lr"),
    .number(
      "weight-decay", \.weightDecay, .notNegative(upTo: 1000), "the share of p that is added to g"),
    .number("momentum", \.momentum, .belowOne, "the share of v that stays"),
    .bool("nesterov", \.nesterov, "whether the step looks ahead along v")
      .only(where: { $0.momentum > 0 }, not: "a momentum of 0", but: ["a momentum"]),
  ]

  /// PyTorch's defaults.
  public init() { self.init(learningRate: 1e-3) }

  /// What one step does.
  public var rule: OptimizerRule {
    .sgd(momentum: momentum, nesterov: nesterov, weightDecay: weightDecay)
  }
}
