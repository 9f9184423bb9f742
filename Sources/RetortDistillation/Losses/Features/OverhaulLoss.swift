import RetortCore
import RetortNN
import RetortSchema

/// The overhaul of feature distillation: a partial distance to a teacher's results before a ReLU with margins.
public struct OverhaulLoss: PairLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "overhaul", "partial squared distance to features before a ReLU",
    """
    The teacher's result is taken before its ReLU, and cut off below at a margin for each channel: what its neurons \
    are on average where they do not fire, as scale and shift of the teacher's batch norm tell. Where the teacher does \
    not fire, a student that is below it loses nothing. Tap a batch norm of the teacher whose result a ReLU reads, \
    such as 'bn1'. r is the adapter, a 1×1 convolution and a batch norm. The last pair counts whole, each before it \
    half of the next, and all 1/1000, as in the authors' code.
    """,
    equation: [
      "L = 0.001 · Σ over pairs i of 2^(i − last) · mean over examples of Σ d( r(F_student), max(F_teacher, m) )",
      "d(s, t) = 0 where s ≤ t ≤ 0, else (s − t)²",
      "m = E[ x | x < 0 ],  x ~ N(shift, scale²);  −3·|scale| where x < 0 is less likely than 0.001",
    ], source: "Heo, Kim, Yun, Park, Kwak, Choi 2019, arXiv 1904.01866")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The pairs of modules whose maps are compared, from the first to the last layer, at least one.
  public var taps: [TapPair] = []

  /// The keys in recipes.
  public static let keys: [Key<OverhaulLoss>] = [
    .weight,
    .list("taps", \.taps, "the modules compared, in order; batch norms of the teacher").required(),
  ]

  /// True: margins are those of their scale and shift.
  public static let tapsBatchNorms = true

  /// A loss with weight 1.
  public init() {}

  /// A loss at the given pairs of modules.
  public init(weight: Double = 1, taps: [TapPair]) { (self.weight, self.taps) = (weight, taps) }

  /// One 1×1 convolution with batch norm per pair.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    try Adapter.each(student, teacher, Adapter.normalized)
  }

  /// 0.001, halved for each pair that follows.
  public func share(ofPair index: Int, among count: Int) -> Double {
    Double(sign: .plus, exponent: index + 1 - count, significand: 1e-3)
  }

  /// The sum of partial distances, mean over examples.
  public func distance(_ pair: FeaturePair) throws -> Tensor {
    let graph = pair.teacher.graph
    guard let norm = pair.teacher.batchNormParameters else {
      return graph.fail(
        .invalidArgument(
          operation: "loss 'overhaul'",
          reason: Self.noBatchNorm,
          path: graph.scope))
    }
    let (own, other) = try pair.adapted()
    let target = other.maximum(Self.margin(scale: norm.scale, shift: norm.shift))
    let zero = graph.fill(0)
    let counts = own.greater(target).maximum(target.greater(zero))
    return ((own - target).square() * counts).sum() / Double(max(1, own.shape[0]))
  }

  /// What is wrong with another tap of the teacher, and the way out.
  package static let noBatchNorm =
    "the teacher's tap is no batch norm; take one whose result a ReLU reads, such as 'bn1', of a model that is not "
    + "imported"

  /// The mean of the negative part of a normal distribution, by channel.
  ///
  /// With z = shift/|scale| it is shift − |scale|·φ(z)/Φ(−z). For z ≥ 0 that quotient is √(2/π) over
  /// erfc(z/√2)·exp(z²/2), of which Press et al. 1992, "Numerical Recipes in C", section 6.2, have an approximation
  /// with a relative error below 1.2·10⁻⁷; for z < 0, Φ(−z) is 1 − Φ(z).
  static func margin(scale: Tensor, shift: Tensor) -> Tensor {
    let graph = scale.graph
    let deviation = scale.abs().maximum(graph.fill(1e-12))
    let z = shift / deviation
    let x = z.abs() * 0.5.squareRoot()
    let t = (x * 0.5 + 1).reciprocal()
    let coefficients = [
      -1.26551223, 1.00002368, 0.37409196, 0.09678418, -0.18628806, 0.27886807, -1.13520398,
      1.48851587, -0.82215223, 0.17087277,
    ]
    let exponent = coefficients.dropLast().reversed().reduce(
      graph.fill(coefficients[coefficients.count - 1], t.shape)
    ) { $0 * t + $1 }
    // erfc(x)·exp(x²), and half of erfc(x), the smaller of Φ(z) and Φ(−z).
    let scaled = t * exponent.exp()
    let tail = scaled * (-x.square()).exp() * 0.5
    let density = (-x.square()).exp() / (2 * Double.pi).squareRoot()
    let isPositive = z.greaterOrEqual(graph.fill(0))
    let hazard = isPositive.select(
      scaled.reciprocal() * (2 / Double.pi).squareRoot(), density / (1 - tail))
    let likely = isPositive.select(tail, 1 - tail).greater(graph.fill(1e-3))
    return likely.select(shift - deviation * hazard, deviation * -3)
  }
}
