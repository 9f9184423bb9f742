import RetortCore
import RetortNN
import RetortSchema

/// Affinity maps: the squared distance of how alike the places of each example are.
public struct AffinityLoss: PairLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "affinity", "how alike the places of each example's map are",
    """
    The pair-wise part of structured distillation, which segmentation profits of: the cosine of features at each two \
    places is learnt from the teacher. Channels need not match. Maps are pooled to the smaller of both, and to a grid \
    of 'side' at most, since there are as many cosines as places squared.
    """,
    equation: [
      "L = mean over pairs, examples and places i, j of ( a_student − a_teacher )²",
      "a_ij = ⟨f_i, f_j⟩ / (‖f_i‖·‖f_j‖)",
    ], source: "Liu et al. 2019, arXiv 1903.04197")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The pairs of modules whose maps are compared, at least one.
  public var taps: [TapPair] = []
  /// The largest height and width of a map.
  public var side = 16

  /// The keys in recipes.
  public static let keys: [Key<AffinityLoss>] = [
    .weight, .list("taps", \.taps, "the modules whose maps are compared").required(),
    .int("side", \.side, 1...256, "the largest height and width of a map"),
  ]

  /// A loss with weight 1 and grids of 16×16.
  public init() {}

  /// A loss at the given pairs of modules.
  public init(weight: Double = 1, taps: [TapPair], side: Int = 16) {
    (self.weight, self.taps, self.side) = (weight, taps, side)
  }

  /// No layers.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    try Adapter.none(student, teacher, Adapter.requireMaps)
  }

  /// The mean squared error of both affinities.
  public func distance(_ pair: FeaturePair) -> Tensor {
    let (own, target) = pair.atOneSize()
    func affinity(_ map: Tensor) -> Tensor {
      let (height, width) = (min(side, map.shape[1]), min(side, map.shape[2]))
      let isSmall = height == map.shape[1] && width == map.shape[2]
      let places = (isSmall ? map : map.adaptiveAveragePool(height: height, width: width))
        .places().unit()
      return places.matmul(places, transposeB: true)
    }
    return meanSquaredError(affinity(own), affinity(target))
  }
}
