import RetortCore

/// Adam with decoupled weight decay: parameters shrink by `rate·decay` before the step.
///
/// Every parameter decays, biases and norms too, as in PyTorch.
///
/// Source: [Loshchilov and Hutter 2019](https://arxiv.org/abs/1711.05101), algorithm 2.
public struct AdamW: Optimizer, Hashable {
  /// The step's size.
  public var learningRate: Double
  /// The decay of the mean gradient, in [0, 1).
  public var beta1: Double
  /// The decay of the mean squared gradient, in [0, 1).
  public var beta2: Double
  /// Added to the root of the second moment.
  public var epsilon: Double
  /// The share by which parameters shrink, times the learning rate.
  public var weightDecay: Double

  /// PyTorch's constants unless told otherwise.
  public init(
    learningRate: Double, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0.01
  ) {
    (self.learningRate, self.beta1, self.beta2) = (learningRate, beta1, beta2)
    (self.epsilon, self.weightDecay) = (epsilon, weightDecay)
  }

  /// What one step does.
  public var rule: OptimizerRule {
    .adam(
      beta1: beta1, beta2: beta2, epsilon: epsilon,
      weightDecay: weightDecay, decoupled: true)
  }
}
