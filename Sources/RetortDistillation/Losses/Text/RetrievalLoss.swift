import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// In-batch softmax with a teacher's scores: how near each query is to all documents of the batch.
public struct RetrievalLoss: DistillationLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "retrieval", "KL of how near each query is to the documents of the batch",
    """
    Scores are cosines, and a query's scores for all documents of a batch become probabilities by a softmax: the \
    student learns the teacher's, which also say what is nearly right. Vectors may be of different sizes. The teacher \
    ranks again what 'explore' finds, such as new queries beside documents that stay. T is the temperature, 0.05 as \
    that of contrastive, without kd's factor of T²; with 'symmetric' documents rank queries too.
    """,
    equation: [
      "L = mean over queries i of KL( p_t(i) ‖ p_s(i) ),  p(i) = softmax_j( cos(q_i, d_j) / T )",
      "L = ½·( the same + mean over documents j, with softmax_i( cos(q_i, d_j) / T ) )   symmetric",
    ],
    source: "Lin, Yang, Lin 2020, arXiv 2010.11386; Ren et al. 2021, arXiv 2110.07367")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The temperature T, > 0.
  public var temperature = 0.05
  /// Whether documents rank queries too.
  public var symmetric = false

  /// The keys in recipes.
  public static let keys: [Key<RetrievalLoss>] = [
    .weight, .number("temperature", \.temperature, .positive(upTo: 1000), "T"),
    .bool("symmetric", \.symmetric, "whether documents rank queries too"),
  ]
  /// True: the teacher's scores are its targets.
  public static let needsTeacher = true
  /// Vectors.
  public static let outputs: OutputKind? = .vectors

  /// A loss with weight 1 and temperature 0.05.
  public init() {}

  /// A loss with the given constants.
  public init(weight: Double = 1, temperature: Double = 0.05, symmetric: Bool = false) {
    (self.weight, self.temperature, self.symmetric) = (weight, temperature, symmetric)
  }

  /// One term, of vectors of pairs, a query's row before its document's, if there is a teacher; no gradient reaches it.
  public func terms(_ x: Comparison, name: String) -> [LossTerm] {
    guard let student = x.student?.output, let teacher = x.teacher?.output else { return [] }
    let (own, target) = (student.pairCosines(), teacher.stopGradient().pairCosines())
    func ranking(_ scores: Tensor, _ teacher: Tensor) -> Tensor {
      scores.divergenceRows(.forwardKL, teacher: teacher, temperature: temperature).mean()
    }
    let queries = ranking(own, target)
    guard symmetric else { return [LossTerm(name, weight: weight, queries)] }
    let documents = ranking(own.transposed(), target.transposed())
    return [LossTerm(name, weight: weight, (queries + documents) * 0.5)]
  }
}
