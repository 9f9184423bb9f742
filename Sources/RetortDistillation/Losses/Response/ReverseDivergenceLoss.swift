import RetortCore
import RetortSchema

/// The KL divergence of the teacher's softened probabilities from the student's, mean over the batch, in nats.
public struct ReverseDivergenceLoss: ResponseLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "reverse-kl", "T²·KL of the teacher's softened probabilities from the student's",
    """
    The other way round than kd: the student is punished for what it believes and the teacher does not, and may leave \
    out what the teacher finds less likely. It seeks modes where kd covers them.
    """,
    equation: [
      "L = T² · mean over examples of KL( q ‖ p )",
      "p = softmax(teacher's logits / T),  q = softmax(student's logits / T)",
    ], source: "Gu, Dong, Wei, Huang 2023, arXiv 2306.08543")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The temperature T, > 0.
  public var temperature = 1.0

  /// The keys in recipes.
  public static let keys: [Key<ReverseDivergenceLoss>] = [.weight, .temperature(\.temperature)]

  /// A loss with weight 1 and temperature 1.
  public init() {}

  /// A loss with the given constants.
  public init(weight: Double = 1, temperature: Double = 1) {
    (self.weight, self.temperature) = (weight, temperature)
  }

  /// The divergence of each row.
  public func rows(_ student: Tensor, _ teacher: Tensor, _ x: Comparison) -> Tensor {
    student.divergenceRows(.reverseKL, teacher: teacher, temperature: temperature)
      * (temperature * temperature)
  }
}
