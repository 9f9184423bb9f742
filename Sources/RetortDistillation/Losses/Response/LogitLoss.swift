import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Half the squared distance of a student's logits from a teacher's, mean over the batch.
public struct LogitLoss: DistillationLoss {
  /// Its entry in lists.
  public static let explanation = Explanation(
    "logits", "squared distance of logits",
    """
    The student learns the teacher's logits themselves, before a softmax hides how they compare: the limit \
    of kd for high temperatures, but for the mean of each row. Needs a teacher with weights.
    """,
    equation: ["L = mean over examples of ½·Σ_c (s_c − t_c)²"],
    source: "Ba and Caruana 2014, arXiv 1312.6184, equation 1")

  /// What multiplies it.
  public var weight = 1.0

  /// Its keys.
  public static let keys: [Key<LogitLoss>] = [.weight]
  /// The teacher's logits are its targets.
  public static let needsTeacher = true

  /// Weight 1.
  public init() {}

  /// One term, where there is a teacher; no gradient reaches it.
  public func terms(_ x: Comparison, name: String) -> [LossTerm] {
    guard let student = x.student?.output, let teacher = x.teacher?.output else { return [] }
    let distances = (student - teacher.stopGradient()).square().sum(axes: [1])
    return [LossTerm(name, weight: weight, distances.mean() * 0.5)]
  }
}
