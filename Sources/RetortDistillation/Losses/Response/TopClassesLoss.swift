import RetortCore
import RetortSchema

/// Soft targets of a teacher's likeliest classes, the rest taken as one: `T²·KL`, mean over the batch, in nats.
public struct TopClassesLoss: ResponseLoss {
  /// What becomes of the classes that are not among the likeliest.
  public enum Rest: String, CaseIterable, Sendable {
    /// All are one class.
    case bin
    /// They are left out, and probabilities are divided by the sum of the others.
    case none
  }

  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "top-k", "kd on the teacher's likeliest classes, the rest taken as one",
    """
    What a teacher costs of whom only the k likeliest classes are kept, as of a vocabulary. With 'rest: bin' the loss \
    is at most kd's, which it reaches as k grows: the student learns how much is left to all other classes, not how \
    it is spread. With 'rest: none' it learns nothing of that, and becomes too sure. Of equal logits the first class \
    counts as the likelier.
    """,
    equation: [
      "L = T² · mean over examples of Σ_c p_c · (log p_c − log q_c) over the k classes, and the rest as one",
      "p = softmax(teacher's logits / T),  q = softmax(student's logits / T)",
    ], source: "Shen and Xing 2021, arXiv 2112.01528, keep the k likeliest")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The temperature T, > 0.
  public var temperature = 4.0
  /// k, how many classes are kept.
  public var count = 5
  /// What becomes of the others.
  public var rest = Rest.bin

  /// The keys in recipes.
  public static let keys: [Key<TopClassesLoss>] = [
    .weight, .temperature(\.temperature), .int("k", \.count, 1...64, "how many classes are kept"),
    .choice("rest", \.rest, "what becomes of the others"),
  ]

  /// Five classes and a bin.
  public init() {}

  /// A loss with the given constants.
  public init(weight: Double = 1, temperature: Double = 4, count: Int, rest: Rest = .bin) {
    (self.weight, self.temperature) = (weight, temperature)
    (self.count, self.rest) = (count, rest)
  }

  /// The divergence of each row.
  public func rows(_ student: Tensor, _ teacher: Tensor, _ x: Comparison) -> Tensor {
    let classes = student.shape[-1]
    var (own, other) = (student / temperature, teacher / temperature)
    if count < classes {
      let top = likeliest(teacher)
      func reduced(_ logits: Tensor) -> Tensor {
        let kept = logits.keeping(top)
        guard rest == .bin else { return kept }
        return Tensor.concatenate([kept, logits.together(1 - top)], axis: 1)
      }
      (own, other) = (reduced(own), reduced(other))
    }
    return own.divergenceRows(.forwardKL, teacher: other) * (temperature * temperature)
  }

  /// 1 at the k likeliest classes of each row, found one after the other, and 0 elsewhere.
  private func likeliest(_ logits: Tensor) -> Tensor {
    let classes = logits.shape[-1]
    return (0..<count).reduce(logits.graph.fill(0, logits.shape)) { found, _ in
      found + logits.keeping(1 - found).argmax().oneHot(classes)
    }
  }
}
