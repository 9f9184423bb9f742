import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Students that learn from a larger one that is trained beside them: `scheme: online`.
public struct OnlineTeacher: PeerScheme {
  /// Its entry in lists.
  public static let explanation = Explanation(
    "online",
    "students learn from labels and from the first of them, which learns from labels alone",
    """
    A teacher that is trained in the same steps as its students: the first of 'students', of as high a capacity \
    as one likes, learns from labels alone, and the others learn from labels and from what it says by then. \
    It saves the time of training a teacher before, and students see it grow; mutual lets the large one learn \
    from the small ones too.
    """,
    equation: [
      "L_1 = Σ_i w_i · loss_i( student_1(x), label )",
      "L_k = Σ_i w_i · loss_i( student_k(x), label ) + Σ_j w_j · loss_j( student_k(x), student_1(x) ),  k > 1",
    ], source: "Gou et al. 2021, arXiv 2006.05525, section 4.2")

  /// None.
  public static let keys: [Key<OnlineTeacher>] = []
  /// The teacher and one that it teaches.
  public static let leastStudents = 2
  /// The first.
  public static let others = "the first of them"

  /// The only one.
  public init() {}

  /// A phase for each student.
  public func scheme(_ cast: Cast) -> any Scheme {
    PeerLearning(students: cast.students, losses: cast.losses) { student, outputs, _ in
      Lesson(student == 0 ? [] : [outputs[0]])
    }
  }
}
