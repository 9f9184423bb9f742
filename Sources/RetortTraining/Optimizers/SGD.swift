import RetortCore
import RetortSchema

/// Stochastic gradient descent with momentum, as PyTorch defines it.
///
/// `g += decay·p; v = momentum·v + (1 - dampening)·g; p -= rate·v`, or with Nesterov
/// `p -= rate·(g + momentum·v)`. The first v is g.
///
/// Source: [Sutskever et al. 2013](https://proceedings.mlr.press/v28/sutskever13.html); the
/// learning rate multiplies the velocity, not the gradient in it.
public struct SGD: Optimizer {
  /// The entry in lists of optimizers.
  public static let explanation = Explanation(
    optimizer: "sgd", "stochastic gradient descent, with momentum if asked for",
    "The velocity v adds up gradients, so that steps along a valley grow and across it cancel.",
    equation: [
      "v = momentum·v + (1 − dampening)·g, at first g;  p −= rate·v",
      "nesterov: p −= rate·(g + momentum·v)",
    ],
    source: "Sutskever et al. 2013; PyTorch's SGD")

  /// The learning rate.
  public var learningRate: Double
  /// The momentum: the share of the last velocity, in [0, 1).
  public var momentum: Double
  /// The share of each gradient but the first that is not added to the velocity, in [0, 1].
  public var dampening: Double
  /// Whether to use Nesterov momentum.
  public var nesterov: Bool
  /// The weight decay: the multiple of each parameter added to its gradient.
  public var weightDecay: Double

  /// Gradient descent, by default without momentum.
  public init(
    learningRate: Double, momentum: Double = 0, dampening: Double = 0, nesterov: Bool = false,
    weightDecay: Double = 0
  ) {
    (self.learningRate, self.momentum, self.dampening) = (learningRate, momentum, dampening)
    (self.nesterov, self.weightDecay) = (nesterov, weightDecay)
  }

  /// The keys in recipes.
  public static let keys: [Key<SGD>] = [
    .learningRate,
    .weightDecay(),
    .number("momentum", \.momentum, .belowOne, "the share of v that stays"),
    .number("dampening", \.dampening, .unit, "the share of g that v leaves out")
      .omittedAtDefault()
      .only(where: { $0.momentum > 0 }, not: "a momentum of 0", but: ["a momentum"]),
    .bool("nesterov", \.nesterov, "whether the step looks ahead along v")
      .only(
        where: { $0.momentum > 0 && $0.dampening == 0 }, not: "a momentum of 0, or dampened",
        but: ["a momentum without dampening"]),
  ]

  /// PyTorch's defaults.
  public init() { self.init(learningRate: 1e-3) }

  /// The update rule of one step.
  public var rule: OptimizerRule {
    .sgd(
      momentum: momentum, dampening: dampening, nesterov: nesterov, weightDecay: weightDecay)
  }
}
