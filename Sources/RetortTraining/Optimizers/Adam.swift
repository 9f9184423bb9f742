import RetortCore
import RetortSchema

/// Adam; weight decay, if any, is added to the gradient.
///
/// Source: [Kingma and Ba 2015](https://arxiv.org/abs/1412.6980), algorithm 1;
/// [Reddi, Kale, Kumar 2018](https://arxiv.org/abs/1904.09237), algorithm 2, for `amsgrad`.
public struct Adam: Optimizer, MomentOptimizer {
  /// The entry in lists of optimizers.
  public static let explanation = Explanation(
    optimizer: "adam", "mean gradients divided by the root of their mean square",
    "Every weight has a step of its own, about as large as the learning rate.",
    equation: [
      "m = beta1·m + (1 − beta1)·g;  v = beta2·v + (1 − beta2)·g²",
      "p −= rate · m / (1 − beta1ᵗ) / (√(v / (1 − beta2ᵗ)) + epsilon)",
    ],
    source:
      "Kingma and Ba 2015, arXiv 1412.6980, algorithm 1; amsgrad: Reddi et al. 2018, 1904.09237")

  /// The learning rate.
  public var learningRate: Double
  /// The decay of the first moment, in [0, 1).
  public var beta1: Double
  /// The decay of the second moment, in [0, 1).
  public var beta2: Double
  /// The constant added to the root of the second moment, for stability.
  public var epsilon: Double
  /// The weight decay: the multiple of each parameter added to its gradient.
  public var weightDecay: Double
  /// Whether the largest second moment so far replaces the current one.
  public var amsgrad: Bool

  /// An optimizer with the paper's constants by default.
  public init(
    learningRate: Double, beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8,
    weightDecay: Double = 0, amsgrad: Bool = false
  ) {
    (self.learningRate, self.beta1, self.beta2) = (learningRate, beta1, beta2)
    (self.epsilon, self.weightDecay, self.amsgrad) = (epsilon, weightDecay, amsgrad)
  }

  /// The keys in recipes.
  public static let keys: [Key<Adam>] = [.learningRate, .weightDecay()] + momentKeys

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
      weightDecay: weightDecay, decoupled: false, amsgrad: amsgrad)
  }
}
