import RetortCore
import RetortNN
import RetortSchema

/// MiniLMv2's loss: the divergence of relations among queries, among keys and among values.
public struct SelfRelationLoss: PairLoss, HeadLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "minilm2", "KL of relations among queries, keys and values",
    """
    The student learns which positions have queries, keys or values alike, in relation heads into which widths are \
    divided anew, so that neither widths nor numbers of heads need match. Taps are linear layers of queries, of keys, \
    of values, of one layer: in the paper all three, of the last layer or one above the middle of a large teacher. \
    Padding does not count.
    """,
    equation: [
      "L = mean over pairs of mean of KL( softmax(R_teacher) ‖ softmax(R_student) )",
      "R = X·Xᵀ / √(width / heads) in each head; means over heads and positions, then over texts",
    ], source: "Wang et al. 2020, arXiv 2012.15828")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The layers compared, at least one pair.
  public var taps: [TapPair] = []
  /// The relation heads, which divide both widths.
  public var heads = 12

  /// The keys in recipes.
  public static let keys: [Key<SelfRelationLoss>] = [
    .weight, .list("taps", \.taps, "the layers of queries, keys or values").required(),
    .int("heads", \.heads, 1...1024, "the relation heads, which divide both widths"),
  ]

  /// A loss with weight 1 and twelve relation heads.
  public init() {}

  /// A loss at the given pairs of modules.
  public init(weight: Double = 1, taps: [TapPair], heads: Int) {
    (self.weight, self.taps, self.heads) = (weight, taps, heads)
  }

  /// The divergence of both relations of a layer with itself.
  public func distance(_ pair: FeaturePair) -> Tensor {
    let (own, other) = pair.comparison.relations(pair, pair, heads: heads)
    return HeadRelation.divergence(own, other)
  }
}
