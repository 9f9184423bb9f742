import RetortCore
import RetortNN
import RetortSchema

/// Activation boundaries: a squared hinge where a student's neuron is not on the teacher's side of zero.
public struct ActivationBoundaryLoss: PairLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "activation-boundary", "hinge where neurons are not on the teacher's side of zero",
    """
    The student learns which neurons fire, not how strongly: it is pushed past a margin on the side where the \
    teacher's neuron is. Tap results that come before a ReLU. r is the adapter, a 1×1 convolution and a batch norm. \
    The last pair counts whole, each before it half of the next, and all 3/1000, as in RepDistiller.
    """,
    equation: [
      "L = 0.003 · Σ over pairs i of 2^(i − last) · mean over examples of Σ h( r(F_student), F_teacher )",
      "h(s, t) = (s + m)² where t ≤ 0 and s > −m,  (s − m)² where t > 0 and s ≤ m,  else 0",
    ], source: "Heo, Lee, Yun, Choi 2018, arXiv 1811.03233")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The pairs of modules whose maps are compared, from the first to the last layer, at least one.
  public var taps: [TapPair] = []
  /// m, how far past zero the student is pushed, ≥ 0.
  public var margin = 1.0

  /// The keys in recipes.
  public static let keys: [Key<ActivationBoundaryLoss>] = [
    .weight, .list("taps", \.taps, "the modules whose maps are compared, in order").required(),
    .number("margin", \.margin, .notNegative(), "m, how far past zero the student is pushed"),
  ]

  /// A loss with weight 1 and margin 1.
  public init() {}

  /// A loss at the given pairs of modules.
  public init(weight: Double = 1, taps: [TapPair], margin: Double = 1) {
    (self.weight, self.taps, self.margin) = (weight, taps, margin)
  }

  /// One 1×1 convolution with batch norm per pair.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    try Adapter.each(student, teacher, Adapter.normalized)
  }

  /// 0.003, halved for each pair that follows.
  public func share(ofPair index: Int, among count: Int) -> Double {
    Double(sign: .plus, exponent: index + 1 - count, significand: 3e-3)
  }

  /// The sum of hinges, mean over examples.
  public func distance(_ pair: FeaturePair) throws -> Tensor {
    let (own, target) = try pair.adapted()
    let zero = own.graph.fill(0)
    let fires = target.greater(zero)
    // The distance to the margin on the teacher's side, 0 past it.
    let missing = fires.select(margin - own, own + margin).relu()
    return missing.square().sum() / Double(max(1, own.shape[0]))
  }
}
