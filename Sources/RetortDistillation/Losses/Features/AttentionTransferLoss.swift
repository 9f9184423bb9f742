import RetortCore
import RetortNN
import RetortSchema

/// Attention transfer: the squared distance of maps of where features are large.
public struct AttentionTransferLoss: PairLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "attention-transfer", "squared distance of maps of attention",
    """
    A map of attention says how large features are at each place, over all channels, and is of length 1, so that \
    channels need not match and scales say nothing. The larger of two maps is pooled to the smaller. The mean is over \
    places, as in RepDistiller, whose weight is 1000; the paper has the length of the difference.
    """,
    equation: [
      "L = mean over pairs, examples and places of ( Q_student − Q_teacher )²",
      "Q = q / ‖q‖,  q = mean over channels of |F|^p",
    ], source: "Zagoruyko and Komodakis 2016, arXiv 1612.03928")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The pairs of modules whose maps are compared, at least one.
  public var taps: [TapPair] = []
  /// p, the power of features, ≥ 1.
  public var power = 2

  /// The keys in recipes.
  public static let keys: [Key<AttentionTransferLoss>] = [
    .weight, .list("taps", \.taps, "the modules whose maps are compared").required(),
    .int("power", \.power, 1...8, "p, the power of features"),
  ]

  /// A loss with weight 1 and p = 2.
  public init() {}

  /// A loss at the given pairs of modules.
  public init(weight: Double = 1, taps: [TapPair], power: Int = 2) {
    (self.weight, self.taps, self.power) = (weight, taps, power)
  }

  /// No layers.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    try Adapter.none(student, teacher, Adapter.requireMaps)
  }

  /// The mean squared error of both maps of attention.
  public func distance(_ pair: FeaturePair) -> Tensor {
    let (own, target) = pair.atOneSize()
    return attention(own).directionError(attention(target))
  }

  private func attention(_ features: Tensor) -> Tensor {
    let size = power % 2 == 0 ? features.square() : features.abs()
    let powers = (0..<(power - 1) / 2).reduce(size) { product, _ in product * features.square() }
    return powers.mean(axes: [3]).flatten()
  }
}
