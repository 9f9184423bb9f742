import RetortCore
import RetortNN
import RetortSchema

/// Contrastive representation distillation within a batch: a student's embedding looks for the teacher's of the same
/// example, and the other way round.
public struct ContrastiveRepresentationLoss: PairLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "crd", "each example's embedding in both networks, among those of the batch",
    """
    Features, means over places, are mapped to embeddings of one width by a linear layer for each network, and are of \
    length 1. The other examples of the batch are what an embedding must not find, so larger batches teach more; the \
    paper draws negatives from a memory of all examples instead, which this loss does not keep. A batch of one teaches \
    nothing.
    """,
    equation: [
      "L = mean over examples i of −log softmax_j( ⟨u_i, v_j⟩ / T )_i − log softmax_j( ⟨u_j, v_i⟩ / T )_i",
      "u = W_s·F_student / ‖·‖,  v = W_t·F_teacher / ‖·‖",
    ],
    source:
      "Tian, Krishnan, Isola 2019, arXiv 1910.10699; within a batch: van den Oord et al. 2018, "
      + "arXiv 1807.03748")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The pairs of modules whose features are compared, at least one.
  public var taps: [TapPair] = []
  /// The numbers of an embedding, ≥ 1.
  public var width = 128
  /// The temperature T, > 0.
  public var temperature = 0.07

  /// The keys in recipes.
  public static let keys: [Key<ContrastiveRepresentationLoss>] = [
    .weight, .list("taps", \.taps, "the modules whose results are compared").required(),
    .int("width", \.width, 1...65536, "the numbers of an embedding"),
    .temperature(\.temperature),
  ]

  /// A loss with the constants of the paper.
  public init() {}

  /// A loss at the given pairs of modules.
  public init(
    weight: Double = 1, taps: [TapPair], width: Int = 128, temperature: Double = 0.07
  ) {
    (self.weight, self.taps) = (weight, taps)
    (self.width, self.temperature) = (width, temperature)
  }

  /// A linear layer for each network, per pair.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    zip(student, teacher).map { EmbeddingHeads(student: $0[-1], teacher: $1[-1], width: width) }
  }

  /// Both rankings, mean over examples.
  public func distance(_ pair: FeaturePair) throws -> Tensor {
    var (own, other) = (pair.student.pooled(), pair.teacher.pooled())
    if let heads = pair.adapter as? EmbeddingHeads {
      (own, other) = pair.comparison.adapting { (heads.student(own), heads.teacher(other)) }
    }
    guard own.shape == other.shape else {
      throw AdapterError(student: pair.student.shape, teacher: pair.teacher.shape)
    }
    let scores = own.unit().matmul(other.unit(), transposeB: true) / temperature
    let labels = own.graph.constant((0..<own.shape[0]).map { Int32($0) }, [own.shape[0]])
    return scores.crossEntropyRows(labels).mean()
      + scores.transposed().crossEntropyRows(labels).mean()
  }
}

/// Linear layers from two networks' features to embeddings of one width.
final class EmbeddingHeads: Module {
  /// The student's.
  let student: Linear
  /// The teacher's.
  let teacher: Linear

  init(student: Int, teacher: Int, width: Int) {
    (self.student, self.teacher) = (Linear(student, width), Linear(teacher, width))
  }
}
