import RetortCore

/// Stochastic gradient descent with momentum, as PyTorch defines it.
///
/// `g += decay·p; v = momentum·v + g; p -= rate·v`, or with Nesterov `p -= rate·(g + momentum·v)`.
///
/// Source: [Sutskever et al. 2013](https://proceedings.mlr.press/v28/sutskever13.html); the
/// learning rate multiplies the velocity, not the gradient in it.
public struct SGD: Optimizer, Hashable {
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

  /// What one step does.
  public var rule: OptimizerRule {
    .sgd(momentum: momentum, nesterov: nesterov, weightDecay: weightDecay)
  }
}
