import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Cross-entropy on labels, weighed by one over the effective number of a class's examples.
public struct ClassBalancedLoss: ClassWeightedLoss {
  /// Its entry in lists.
  public static let explanation = Explanation(
    "class-weighted",
    "cross-entropy in which examples of rare classes count more: class-balanced loss",
    """
    For classes of unequal sizes, in place of cross-entropy: each example counts by one over the effective number of \
    examples of its class. A β of 0.9999 suits classes of up to some thousand examples; 1 is one over the size of the \
    class, and 0 plain cross-entropy. 'defer: 0.8' is deferred re-weighting (DRW): plain cross-entropy for the \
    first four fifths of the training. A batch is divided by the sum of its weights, as PyTorch's cross-entropy with \
    weights is. 'train: {sampling: class-balanced}' does the same by what is drawn; take one of the two. Of mixed \
    pictures (mix-up, cut-mix) it is that of both labels, by their shares.
    """,
    equation: [
      "L = Σ_i w_y · l_i / Σ_i w_y,  l_i = −log softmax(s_i)_y,  y the label of example i",
      "w_c ∝ (1 − β) / (1 − β^n_c),  n_c the training examples of class c",
    ],
    source: "Cui, Jia, Lin, Song, Belongie 2019, arXiv 1901.05555, section 4")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// β of the effective numbers of examples, in [0, 1].
  public var beta = 0.9999
  /// The share of the training in which all classes weigh alike, in [0, 1].
  public var deferral = 0.0

  /// The keys in recipes.
  public static let keys: [Key<ClassBalancedLoss>] = [.weight, .beta, .deferral]

  /// A loss with weight 1 and β = 0.9999, from the first step on.
  public init() {}

  /// A loss with the given constants.
  public init(weight: Double = 1, beta: Double = 0.9999, deferral: Double = 0) {
    (self.weight, self.beta, self.deferral) = (weight, beta, deferral)
  }

  /// Cross-entropy.
  public func rows(_ logits: Tensor, _ labels: Tensor, _ classes: ClassFrequencies) -> Tensor {
    logits.crossEntropyRows(labels)
  }
}
