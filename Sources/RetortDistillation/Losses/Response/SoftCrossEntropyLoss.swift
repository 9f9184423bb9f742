import RetortCore
import RetortSchema
import RetortTraining

/// Cross-entropy with a teacher's softened probabilities: `−T²·Σ p·log q`, mean over the batch, in nats.
public struct SoftCrossEntropyLoss: ResponseLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "soft-cross-entropy", "T²·cross-entropy with the teacher's softened probabilities",
    """
    The gradient is that of kd; the value has the teacher's entropy in it, so that it does not end at 0. With T = 1 \
    it is what Once-for-All and TinyBERT call their distillation loss, but for means over classes.
    """,
    equation: [
      "L = −T² · mean over examples of Σ_c p_c · log q_c",
      "p = softmax(teacher's logits / T),  q = softmax(student's logits / T)",
    ], source: "Hinton, Vinyals, Dean 2015, arXiv 1503.02531")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The temperature T, > 0.
  public var temperature = 4.0

  /// The keys in recipes.
  public static let keys: [Key<SoftCrossEntropyLoss>] = [.weight, .temperature(\.temperature)]

  /// A loss with weight 1 and temperature 4.
  public init() {}

  /// A loss with the given constants.
  public init(weight: Double = 1, temperature: Double = 4) {
    (self.weight, self.temperature) = (weight, temperature)
  }

  /// One term, if there is a teacher; of several that are weighed for each example, the weighted sum of each one's.
  public func terms(_ x: Comparison, name: String) -> [LossTerm] {
    guard let student = x.student?.output else { return [] }
    let found = x.taught { rows(student, $0, x) }
    return found.map { [LossTerm(name, weight: weight, $0.mean())] } ?? []
  }

  /// The cross-entropy of each row.
  public func rows(_ student: Tensor, _ teacher: Tensor, _ x: Comparison) -> Tensor {
    let surprise = (student / temperature).logSoftmax()
    return ((teacher / temperature).softmax() * surprise).sum(axes: [1])
      * (-temperature * temperature)
  }
}
