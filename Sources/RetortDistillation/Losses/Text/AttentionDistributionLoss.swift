import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// MiniLM's losses: the divergence of attention, and of relations among values, of one layer.
public struct AttentionDistributionLoss: HeadLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "minilm", "KL of attention and of relations among values",
    """
    Of one layer, in the paper the last, the student learns where the teacher's heads look, and which values are alike \
    to each other. Taps are the linear layers of queries, keys and values, in this order. Widths may differ; both \
    models have as many heads. Padding does not count. 'minilm2' needs no equal heads.
    """,
    equation: [
      "L = mean of KL( softmax(A_teacher) ‖ softmax(A_student) ) + mean of KL of softmax(V·Vᵀ / √d)",
      "A = Q·Kᵀ / √d,  d the width of a head; means over heads and positions, then over texts",
    ], source: "Wang et al. 2020, arXiv 2002.10957")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// Queries, keys and values: three pairs.
  public var taps: [TapPair] = []
  /// How many heads both models have.
  public var heads = 12

  /// The keys in recipes.
  public static let keys: [Key<AttentionDistributionLoss>] = [
    .weight, .list("taps", \.taps, "the layers of queries, keys and values").required(),
    .int("heads", \.heads, 1...1024, "how many heads both models have"),
  ]
  /// True: the teacher's attention is its target.
  public static let needsTeacher = true

  /// A loss with weight 1 and twelve heads.
  public init() {}

  /// A loss at the given pairs of modules.
  public init(weight: Double = 1, taps: [TapPair], heads: Int) {
    (self.weight, self.taps, self.heads) = (weight, taps, heads)
  }

  /// There are three.
  public var faults: [KeyFault] {
    taps.count == 3 || taps.isEmpty
      ? [] : [KeyFault("taps", "'taps' are three: the layers of queries, keys and values")]
  }

  /// A term each for attention and values, if there is a teacher; no gradient reaches it.
  ///
  /// - Throws: `TapError` for a path that no module has.
  public func terms(_ x: Comparison, name: String) throws -> [LossTerm] {
    let pairs = try x.pairs(taps)
    guard pairs.count == 3 else { return [] }
    func term(_ part: String, _ rows: Int, _ columns: Int) -> LossTerm {
      let (own, other) = x.relations(pairs[rows], pairs[columns], heads: heads)
      return LossTerm("\(name)-\(part)", weight: weight, HeadRelation.divergence(own, other))
    }
    return [term("attention", 0, 1), term("values", 2, 2)]
  }
}
