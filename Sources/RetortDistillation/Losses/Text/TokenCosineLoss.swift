import RetortCore
import RetortNN
import RetortSchema

/// The cosine of a student's states and a teacher's, mean over tokens.
public struct TokenCosineLoss: PairLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "token-cosine", "cosine of states, token by token",
    """
    What DistilBERT has beside kd: states point where the teacher's do, whatever their lengths. Padding does not \
    count. Widths are brought together by a linear layer where they differ.
    """,
    equation: ["L = mean over pairs and tokens of 1 − ⟨r(h_s), h_t⟩ / (‖r(h_s)‖·‖h_t‖)"],
    source: "Sanh, Debut, Chaumond, Wolf 2019, arXiv 1910.01108")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The pairs of modules whose states are compared, at least one.
  public var taps: [TapPair] = []

  /// The keys in recipes.
  public static let keys: [Key<TokenCosineLoss>] = [
    .weight, .list("taps", \.taps, "the modules whose states are compared").required(),
  ]

  /// A loss with weight 1.
  public init() {}

  /// A loss at the given pairs of modules.
  public init(weight: Double = 1, taps: [TapPair]) { (self.weight, self.taps) = (weight, taps) }

  /// A linear layer per pair, where widths differ.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    try Adapter.each(student, teacher) { student, teacher throws(AdapterError) in
      try Adapter.requireSequences(student, teacher)
      return try Adapter.matching(student, teacher)
    }
  }

  /// One less the cosine, mean over tokens.
  public func distance(_ pair: FeaturePair) throws -> Tensor {
    let (own, target) = try pair.adapted()
    return pair.comparison.meanOverTokens(own.cosineRows(teacher: target))
  }
}

extension Comparison {
  /// 1 for tokens and 0 for padding, float32 `[texts, length]`; nil for examples without a mask.
  func tokenMask(length: Int) -> Tensor? { examples["mask"]?.toFloat().reshape([-1, length]) }

  /// The mean over tokens of values `[texts, length]`, padding left out.
  func meanOverTokens(_ values: Tensor) -> Tensor {
    guard let mask = tokenMask(length: values.shape[1]) else { return values.mean() }
    return (values * mask).sum() / mask.sum().maximum(mask.graph.fill(1))
  }
}
