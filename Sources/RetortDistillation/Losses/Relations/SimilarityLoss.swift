import RetortCore
import RetortNN
import RetortSchema

/// Similarity-preserving distillation: what is alike to the teacher becomes so to the student.
public struct SimilarityLoss: PairLoss, RelationalLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "similarity", "how alike the examples of a batch are",
    """
    The rows of G say how alike each example is to every other, and are of length 1. Student and teacher may \
    have outputs of different sizes. As RepDistiller has it, which compares the last maps: name them in 'taps'.
    """,
    equation: [
      "L = 1/b² · ‖ G_student − G_teacher ‖²_F",
      "G = rows of A·Aᵀ, each over its length,  A the outputs of a batch of b",
    ], source: "Tung and Mori 2019, arXiv 1907.09682, equations 1 to 4")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The pairs of modules whose results are related; none for the outputs.
  public var taps: [TapPair] = []

  /// The keys in recipes.
  public static let keys: [Key<SimilarityLoss>] = [.weight, .relatedTaps]

  /// Weight 1.
  public init() {}

  /// A loss with the given weight.
  public init(weight: Double = 1, taps: [TapPair]) { (self.weight, self.taps) = (weight, taps) }

  /// The mean squared error of both similarities.
  public func distance(_ pair: FeaturePair) -> Tensor {
    BatchRelations(pair.student).products.directionError(BatchRelations(pair.teacher).products)
  }
}
