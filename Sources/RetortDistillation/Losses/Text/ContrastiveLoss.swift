import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// In-batch softmax over pairs: each query's own document among all documents of the batch.
public struct ContrastiveLoss: DistillationLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "contrastive", "each query's own document among those of the batch",
    """
    What a model of vectors learns without a teacher, from pairs of texts that belong together. The other \
    documents of a batch are what a query must not find, so larger batches teach more. T is the temperature: \
    0.05 is the scale of 20 of sentence-transformers' MultipleNegativesRankingLoss, which this is; with \
    'symmetric' documents look for their queries too.
    """,
    equation: [
      "L = mean over pairs i of −log softmax_j( cos(q_i, d_j) / T )_i",
      "L = ½·( the same + mean over j of −log softmax_i( cos(q_i, d_j) / T )_j )   symmetric",
    ],
    source: "Henderson et al. 2017, arXiv 1705.00652, section 4.4; van den Oord et al. 2018, "
      + "arXiv 1807.03748, equation 4")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The temperature T, > 0.
  public var temperature = 0.05
  /// Whether documents look for their queries too.
  public var symmetric = false

  /// The keys in recipes.
  public static let keys: [Key<ContrastiveLoss>] = [
    .weight, .number("temperature", \.temperature, .positive(upTo: 1000), "T"),
    .bool("symmetric", \.symmetric, "whether documents look for their queries too"),
  ]
  /// False: it needs pairs only.
  public static let needsTeacher = false
  /// Vectors.
  public static let outputs: OutputKind? = .vectors

  /// A loss with weight 1 and temperature 0.05.
  public init() {}

  /// A loss with the given constants.
  public init(weight: Double = 1, temperature: Double = 0.05, symmetric: Bool = false) {
    (self.weight, self.temperature, self.symmetric) = (weight, temperature, symmetric)
  }

  /// One term, of vectors of pairs: a query's row, then its document's.
  public func terms(_ x: Comparison, name: String) -> [LossTerm] {
    guard let output = x.student?.output else { return [] }
    let scores = output.pairCosines() * (1 / temperature)
    let pairs = output.shape[0] / 2
    let own = output.graph.constant((0..<pairs).map { Int32($0) }, [pairs])
    let queries = scores.crossEntropyRows(own).mean()
    guard symmetric else { return [LossTerm(name, weight: weight, queries)] }
    let documents = scores.transposed().crossEntropyRows(own).mean()
    return [LossTerm(name, weight: weight, (queries + documents) * 0.5)]
  }
}
