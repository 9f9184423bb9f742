import RetortCore
import RetortNN
import RetortSchema

/// FitNet's hints: the mean squared error between a student's adapted features and a teacher's.
public struct HintLoss: PairLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "hint", "mean squared error of features",
    """
    The student learns to have features from which the teacher's can be read: r is the adapter, a 1×1 \
    convolution or a linear layer where channels differ, trained with the student. The larger of two maps \
    is pooled to the smaller. The mean is over elements and pairs, as in RepDistiller; the paper has half \
    the sum.
    """,
    equation: ["L = mean over pairs of mean( (r(F_student) − F_teacher)² )"],
    source: "Romero et al. 2015, arXiv 1412.6550, equation 3")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The pairs of modules whose features are compared, at least one.
  public var taps: [TapPair] = []

  /// The keys in recipes.
  public static let keys: [Key<HintLoss>] = [
    .weight,
    .list("taps", \.taps, "the modules whose results are compared").required(),
  ]

  /// A loss with weight 1 and no pairs.
  public init() {}

  /// Hints at the given pairs of modules.
  public init(weight: Double = 1, taps: [TapPair]) { (self.weight, self.taps) = (weight, taps) }

  /// One adapter per pair.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    try Adapter.each(student, teacher, Adapter.matching)
  }

  /// The mean squared error after the adapter.
  public func distance(_ pair: FeaturePair) throws -> Tensor {
    let (own, target) = try pair.adapted()
    return meanSquaredError(own, target)
  }
}
