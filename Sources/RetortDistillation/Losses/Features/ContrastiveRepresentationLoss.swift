import RetortCore
import RetortNN
import RetortSchema

/// Contrastive representation distillation: a student's embedding looks for the teacher's of the same example, and the
/// other way round, among those of the batch or of a memory.
public struct ContrastiveRepresentationLoss: PairLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "crd", "each example's embedding in both networks, among those of others",
    """
    Features, means over places, are mapped to embeddings of one width by a linear layer for each network, and are of \
    length 1. Without 'negatives' the other examples of the batch are what an embedding must not find: larger batches \
    teach more, and a batch of one teaches nothing. With K negatives it is the paper's loss, where K is 16384: both \
    embeddings of each training example are remembered, half as they were and half as they are when it is met, and K \
    are drawn in each step, for all examples of the batch alike, of any class. Z is estimated in the first step. The \
    memory is a part of checkpoints, of 8 bytes for each number of an embedding and each training example. Explored \
    examples are not remembered, and are told from those of their batch.
    """,
    equation: [
      "L = mean over examples i of −log softmax_j( ⟨u_i, v_j⟩ / T )_i − log softmax_j( ⟨u_j, v_i⟩ / T )_i",
      "u = W_s·F_student / ‖·‖,  v = W_t·F_teacher / ‖·‖",
      "with negatives: mean over i of −log( p_i / ( p_i + K/N + ε ) ) − Σ_k log( K/N / ( p_k + K/N + ε ) ),  both ways",
      "p_k = exp( ⟨u_i, v_k⟩ / T ) / Z,  v_k remembered,  N training examples,  ε = 10⁻⁷",
    ],
    source:
      "Tian, Krishnan, Isola 2019, arXiv 1910.10699, equation 18; within a batch: van den Oord et al. 2018, "
      + "arXiv 1807.03748")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The pairs of modules whose features are compared, at least one.
  public var taps: [TapPair] = []
  /// The numbers of an embedding, ≥ 1.
  public var width = 128
  /// The temperature T, > 0.
  public var temperature = 0.07
  /// K, the negatives that are drawn from a memory of all training examples; 0 for the others of the batch.
  public var negatives = 0

  /// The keys in recipes.
  public static let keys: [Key<ContrastiveRepresentationLoss>] = [
    .weight, .list("taps", \.taps, "the modules whose results are compared").required(),
    .int("width", \.width, 1...65536, "the numbers of an embedding"),
    .temperature(\.temperature),
    .int(
      "negatives", \.negatives, 0...1_000_000,
      "K, drawn from a memory of all training examples; 0 for those of the batch"),
  ]

  /// A loss with the constants of the paper.
  public init() {}

  /// A loss at the given pairs of modules.
  public init(
    weight: Double = 1, taps: [TapPair], width: Int = 128, temperature: Double = 0.07,
    negatives: Int = 0
  ) {
    (self.weight, self.taps) = (weight, taps)
    (self.width, self.temperature, self.negatives) = (width, temperature, negatives)
  }

  /// A linear layer for each network, per pair.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    try adapters(student, teacher, remembering: 0)
  }

  /// A linear layer for each network, and a memory where negatives are drawn, per pair.
  public func adapters(
    _ student: [Shape], _ teacher: [Shape], remembering count: Int
  ) throws(AdapterError) -> [Module] {
    zip(student, teacher).map {
      EmbeddingHeads(
        student: $0[-1], teacher: $1[-1], width: width,
        memory: negatives > 0 && count > 0 ? EmbeddingMemory(count: count, width: width) : nil)
    }
  }

  /// Both ways, mean over examples.
  public func distance(_ pair: FeaturePair) throws -> Tensor {
    var (own, other) = (pair.student.pooled(), pair.teacher.pooled())
    let heads = pair.adapter as? EmbeddingHeads
    if let heads {
      (own, other) = pair.comparison.adapting { (heads.student(own), heads.teacher(other)) }
    }
    guard own.shape == other.shape else {
      throw AdapterError(student: pair.student.shape, teacher: pair.teacher.shape)
    }
    (own, other) = (own.unit(), other.unit())
    // Examples without labels are explored ones.
    if let memory = heads?.memory, pair.comparison.labels != nil {
      return pair.comparison.adapting {
        memory.distance(
          own, other, negatives: negatives, temperature: temperature, in: pair.comparison.inputs)
      }
    }
    let scores = own.matmul(other, transposeB: true) / temperature
    let labels = own.graph.constant((0..<own.shape[0]).map { Int32($0) }, [own.shape[0]])
    return scores.crossEntropyRows(labels).mean()
      + scores.transposed().crossEntropyRows(labels).mean()
  }
}

/// Linear layers from two networks' features to embeddings of one width, and a memory of these.
final class EmbeddingHeads: Module {
  /// The student's.
  let student: Linear
  /// The teacher's.
  let teacher: Linear
  /// Both embeddings of all training examples; nil where none are remembered.
  let memory: EmbeddingMemory?

  init(student: Int, teacher: Int, width: Int, memory: EmbeddingMemory?) {
    (self.student, self.teacher) = (Linear(student, width), Linear(teacher, width))
    self.memory = memory
  }
}
