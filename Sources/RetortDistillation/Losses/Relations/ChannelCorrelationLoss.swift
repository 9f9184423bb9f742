import RetortCore
import RetortNN
import RetortSchema

/// Inter-channel correlation: the squared distance of how alike the channels of each example are.
public struct ChannelCorrelationLoss: PairLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "ickd", "how alike the channels of each example are",
    """
    Which channels look at the same places, and which at others, is learnt from the teacher: the rows of G are of \
    length 1. r is the adapter, a 1×1 convolution and a batch norm; maps need not have one size. Summed over elements \
    and divided by channels and examples, as in the authors' code.
    """,
    equation: [
      "L = mean over pairs of mean over examples and rows of Σ_j ( G_student − G_teacher )²",
      "G = rows of Fᵀ·F, each over its length,  F features of r(F_student) or F_teacher, a row for each place",
    ], source: "Liu et al. 2021, arXiv 2202.03680")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The pairs of modules whose maps are compared, at least one.
  public var taps: [TapPair] = []

  /// The keys in recipes.
  public static let keys: [Key<ChannelCorrelationLoss>] = [
    .weight, .list("taps", \.taps, "the modules whose maps are compared").required(),
  ]

  /// A loss with weight 1.
  public init() {}

  /// A loss at the given pairs of modules.
  public init(weight: Double = 1, taps: [TapPair]) { (self.weight, self.taps) = (weight, taps) }

  /// One 1×1 convolution with batch norm per pair.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    try Adapter.each(student, teacher, Adapter.normalized)
  }

  /// The squared distance of both correlations, mean over examples and rows.
  public func distance(_ pair: FeaturePair) throws -> Tensor {
    let own = pair.adapter.map { layer in pair.comparison.adapting { layer(pair.student) } }
    let (s, t) = (correlation(own ?? pair.student), correlation(pair.teacher))
    guard s.shape == t.shape else {
      throw AdapterError(student: pair.student.shape, teacher: pair.teacher.shape)
    }
    return s.directionRows(teacher: t).mean()
  }

  private func correlation(_ features: Tensor) -> Tensor {
    let places = features.places()
    return places.matmul(places, transposeA: true)
  }
}
