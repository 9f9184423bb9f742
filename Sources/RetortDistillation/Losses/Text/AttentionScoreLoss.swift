import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// TinyBERT's attention loss: the mean squared error of attention scores before the softmax.
public struct AttentionScoreLoss: HeadLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "attention-scores", "mean squared error of attention scores, before the softmax",
    """
    The student learns which positions the teacher's heads compare, as TinyBERT does; its embedding and hidden losses \
    are 'hint' at those modules. Taps are the linear layers of queries and keys, in turn, such as \
    bert.encoder.layer.0.attention.self.query and .key: two for each layer compared. Both models have as many \
    heads. Keys of padding count as equal. The mean is over layers, which TinyBERT sums.
    """,
    equation: [
      "L = mean over layers, texts, heads and positions of ( A_student − A_teacher )²",
      "A = Q·Kᵀ / √(width of a head)",
    ], source: "Jiao et al. 2019, arXiv 1909.10351")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// Queries and keys in turn, two pairs for each layer.
  public var taps: [TapPair] = []
  /// How many heads both models have.
  public var heads = 12

  /// The keys in recipes.
  public static let keys: [Key<AttentionScoreLoss>] = [
    .weight, .list("taps", \.taps, "the layers of queries and keys, in turn").required(),
    .int("heads", \.heads, 1...1024, "how many heads both models have"),
  ]
  /// True: the teacher's scores are its targets.
  public static let needsTeacher = true

  /// A loss with weight 1 and twelve heads.
  public init() {}

  /// A loss at the given pairs of modules.
  public init(weight: Double = 1, taps: [TapPair], heads: Int) {
    (self.weight, self.taps, self.heads) = (weight, taps, heads)
  }

  /// Queries have keys.
  public var faults: [KeyFault] {
    taps.count % 2 == 0
      ? [] : [KeyFault("taps", "queries and keys stand in turn, so that 'taps' has an even number")]
  }

  /// One term, if there is a teacher; no gradient reaches it.
  ///
  /// - Throws: `TapError` for a path that no module has.
  public func terms(_ x: Comparison, name: String) throws -> [LossTerm] {
    let pairs = try x.pairs(taps)
    let errors = stride(from: 0, to: pairs.count - 1, by: 2).map { index in
      let (own, other) = x.relations(pairs[index], pairs[index + 1], heads: heads)
      return HeadRelation.squaredError(own, other)
    }
    return LossTerm(name, weight: weight, meanOf: errors).map { [$0] } ?? []
  }
}
