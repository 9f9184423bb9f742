import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Students that teach each other: `scheme: mutual`.
public struct Mutual: PeerScheme {
  /// Its entry in lists.
  public static let explanation = Explanation(
    "mutual", "students learn from labels and from each other",
    """
    Deep mutual learning: two or more students, alike or not, each of which takes the others for \
    teachers, so that nothing need be trained before. A loss that compares with a teacher, such as 'kd', is \
    taken against each peer, and the mean over the peers counts; the paper has kd at a temperature of 1. All \
    students are updated at once from what they said at the start of the step, where the paper takes turns.
    """,
    equation: [
      "L_k = Σ_i w_i · loss_i( student_k(x), label )",
      "    + 1/(K − 1) · Σ_{l ≠ k} Σ_j w_j · loss_j( student_k(x), student_l(x) )",
    ], source: "Zhang, Xiang, Hospedales, Lu 2018, arXiv 1706.00384, equations 4 to 8")

  /// None.
  public static let keys: [Key<Mutual>] = []
  /// Peers.
  public static let leastStudents = 2
  /// The peers.
  public static let others = "each other"

  /// The only one.
  public init() {}

  /// A phase for each student.
  public func scheme(_ cast: Cast) -> any Scheme {
    PeerLearning.mutual(students: cast.students, losses: cast.losses)
  }
}

extension PeerLearning {
  /// Each student learns from all others, as they are.
  ///
  /// Source: Zhang et al. 2018, equations 4 to 8.
  public static func mutual(students: [ParameterStore], losses: [NamedLoss]) -> PeerLearning {
    PeerLearning(students: students, losses: losses) { student, outputs, _ in
      Lesson(outputs.indices.filter { $0 != student }.map { outputs[$0] })
    }
  }
}
