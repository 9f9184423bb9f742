import RetortCore
import RetortNN
import RetortSchema

/// Neuron selectivity transfer: the maximum mean discrepancy of channels, each a sample of what it looks at.
public struct SelectivityLoss: PairLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "nst", "discrepancy of what channels look at",
    """
    Each channel's map, of length 1, is a sample, and the student learns to draw from the teacher's distribution: \
    channels need not match, nor be in the same order. The larger of two maps is pooled to the smaller. RepDistiller, \
    whose weight is 50, has this kernel too.
    """,
    equation: [
      "L = mean over pairs and examples of mean k(s_i, s_j) + mean k(t_i, t_j) − 2 · mean k(s_i, t_j)",
      "k(a, b) = ⟨a, b⟩²,  s_i and t_j the maps of channels, each over its length",
    ], source: "Huang and Wang 2017, arXiv 1707.01219")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The pairs of modules whose maps are compared, at least one.
  public var taps: [TapPair] = []

  /// The keys in recipes.
  public static let keys: [Key<SelectivityLoss>] = [
    .weight, .list("taps", \.taps, "the modules whose maps are compared").required(),
  ]

  /// A loss with weight 1.
  public init() {}

  /// A loss at the given pairs of modules.
  public init(weight: Double = 1, taps: [TapPair]) { (self.weight, self.taps) = (weight, taps) }

  /// No layers.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    try Adapter.none(student, teacher, Adapter.requireMaps)
  }

  /// The discrepancy of both sets of channels.
  public func distance(_ pair: FeaturePair) -> Tensor {
    let (own, target) = pair.atOneSize()
    let (s, t) = (own.places().unit(axis: 1), target.places().unit(axis: 1))
    func kernel(_ a: Tensor, _ b: Tensor) -> Tensor {
      a.matmul(b, transposeA: true).square().mean()
    }
    return kernel(s, s) + kernel(t, t) - kernel(s, t) * 2
  }
}
