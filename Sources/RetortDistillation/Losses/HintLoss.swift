import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// FitNet's hints: the mean squared error between a student's adapted features and a teacher's.
public struct HintLoss: DistillationLoss {
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
  /// True: the teacher's features are its targets.
  public static let needsTeacher = true

  /// A loss with weight 1 and no pairs.
  public init() {}

  /// Hints at the given pairs of modules.
  public init(weight: Double = 1, taps: [TapPair]) { (self.weight, self.taps) = (weight, taps) }

  /// One adapter per pair.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    var modules: [Module] = []
    for (student, teacher) in zip(student, teacher) {
      modules.append(try Adapter.matching(student, teacher))
    }
    return modules
  }

  /// One term, if there is a teacher.
  public func terms(_ x: Comparison, name: String) throws -> [LossTerm] {
    guard let student = x.student, let teacher = x.teacher else { return [] }
    var sum: Tensor?
    for (index, pair) in taps.enumerated() {
      let features = try x.adapted(student.value(pair.student), index)
      let (own, target) = Adapter.atOneSize(features, try teacher.value(pair.teacher))
      let error = (own - target.stopGradient()).square().mean()
      sum = sum.map { $0 + error } ?? error
    }
    return sum.map { [LossTerm(name, weight: weight, $0 * (1 / Double(taps.count)))] } ?? []
  }
}
