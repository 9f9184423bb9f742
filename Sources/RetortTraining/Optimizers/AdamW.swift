import RetortCore
import RetortSchema

/// Adam with decoupled weight decay: parameters shrink by `rate·decay` before the step.
///
/// Every parameter decays, including biases and norms, unless a `DecayScope` excludes them.
///
/// Source: [Loshchilov and Hutter 2019](https://arxiv.org/abs/1711.05101), algorithm 2.
public struct AdamW: Optimizer, MomentOptimizer {
  /// The entry in lists of optimizers.
  public static let explanation = Explanation(
    optimizer: "adamw", "Adam whose weight decay is no part of the gradient",
    "All weights shrink by the same share per step, however large their gradients are.",
    equation: [
      "p −= rate·weight-decay·p",
      "m = beta1·m + (1 − beta1)·g;  v = beta2·v + (1 − beta2)·g²",
      "p −= rate · m / (1 − beta1ᵗ) / (√(v / (1 − beta2ᵗ)) + epsilon)",
    ],
    source: "Loshchilov and Hutter 2019, arXiv 1711.05101, algorithm 2")

  /// The learning rate.
  public var learningRate: Double
  /// The decay of the first moment, in [0, 1).
  public var beta1: Double
  /// The decay of the second moment, in [0, 1).
  public var beta2: Double
  /// The constant added to the root of the second moment, for stability.
  public var epsilon: Double
  /// The weight decay: each step shrinks parameters by this share times the learning rate.
  public var weightDecay: Double
  /// Whether the largest second moment so far replaces the current one.
  public var amsgrad: Bool

  /// An optimizer with PyTorch's constants by default.
  public init(
    learningRate: Double, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0.01, amsgrad: Bool = false
  ) {
    (self.learningRate, self.beta1, self.beta2) = (learningRate, beta1, beta2)
    (self.epsilon, self.weightDecay, self.amsgrad) = (epsilon, weightDecay, amsgrad)
  }

  /// The keys in recipes.
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

  /// The update rule of one step.
  public var rule: OptimizerRule {
    .adam(
      beta1: beta1, beta2: beta2, epsilon: epsilon,
      weightDecay: weightDecay, decoupled: true, amsgrad: amsgrad)
  }
}
