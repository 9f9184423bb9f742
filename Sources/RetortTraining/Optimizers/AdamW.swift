import RetortCore
import RetortSchema

/// Adam with decoupled weight decay: parameters shrink by `rate·decay` before the step.
///
/// Every parameter decays, biases and norms too, unless a `DecayScope` says otherwise.
///
/// Source: [Loshchilov and Hutter 2019](https://arxiv.org/abs/1711.05101), algorithm 2.
public struct AdamW: Optimizer, MomentOptimizer {
  /// Its entry in lists.
  public static let explanation = Explanation(
    optimizer: "adamw", "Adam whose weight decay is no part of the gradient",
    "All weights shrink by the same share per step, however large their gradients are.",
    equation: [
      "p −= rate·weight-decay·p",
      "m = beta1·m + (1 − beta1)·g;  v = beta2·v + (1 − beta2)·g²",
      "p −= rate · m / (1 − beta1ᵗ) / (√(v / (1 − beta2ᵗ)) + epsilon)",
    ],
    source: "Loshchilov and Hutter 2019, arXiv 1711.05101, algorithm 2")

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
  /// Whether the largest second moment so far divides, not the last.
  public var amsgrad: Bool

  /// PyTorch's constants unless told otherwise.
  public init(
    learningRate: Double, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0.01, amsgrad: Bool = false
  ) {
    (self.learningRate, self.beta1, self.beta2) = (learningRate, beta1, beta2)
    (self.epsilon, self.weightDecay, self.amsgrad) = (epsilon, weightDecay, amsgrad)
  }

  /// Its keys.
  public static let keys: [Key<AdamW>] =
    [.learningRate, .weightDecay("the share of p by which it shrinks, times the rate")]
    + momentKeys

  /// PyTorch's defaults.
  public init() { self.init(learningRate: 1e-3) }

  /// β₁.
  public var momentum: Double {
    get { beta1 }
    set { beta1 = newValue }
  }

  /// What one step does.
  public var rule: OptimizerRule {
    .adam(
      beta1: beta1, beta2: beta2, epsilon: epsilon,
      weightDecay: weightDecay, decoupled: true, amsgrad: amsgrad)
  }
}
