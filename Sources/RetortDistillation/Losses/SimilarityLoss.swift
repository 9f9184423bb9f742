import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Similarity-preserving distillation: what is alike to the teacher becomes so to the student.
public struct SimilarityLoss: DistillationLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "similarity", "how alike the examples of a batch are",
    """
    The rows of G say how alike each example is to every other, and are of length 1. Student and teacher may \
    have outputs of different sizes. As RepDistiller has it.
    """,
    equation: [
      "L = 1/b² · ‖ G_student − G_teacher ‖²_F",
      "G = rows of A·Aᵀ, each over its length,  A the outputs of a batch of b",
    ], source: "Tung and Mori 2019, arXiv 1907.09682, equations 1 to 4")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0

  /// The keys in recipes.
  public static let keys: [Key<SimilarityLoss>] = [.weight]
  /// True: the teacher's similarities are its targets.
  public static let needsTeacher = true

  /// Weight 1.
  public init() {}

  /// A loss with the given weight.
  public init(weight: Double) { self.weight = weight }

  /// One term, if there is a teacher; no gradient reaches it.
  public func terms(_ x: Comparison, name: String) -> [LossTerm] {
    guard let student = x.student?.output, let teacher = x.teacher?.output else { return [] }
    func similarities(_ x: Tensor) -> Tensor { x.matmul(x, transposeB: true).unitRows() }
    return [
      LossTerm(
        name, weight: weight,
        meanSquaredError(similarities(student), similarities(teacher.stopGradient())))
    ]
  }
}
