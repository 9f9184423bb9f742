import RetortCore
import RetortSchema

/// The generalised Jensen-Shannon divergence of softened probabilities, mean over the batch, in nats.
public struct JensenShannonLoss: ResponseLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "jsd", "T²·Jensen-Shannon divergence of softened probabilities",
    """
    Between kd and reverse-kl, and bounded where one of both is sure and wrong. Over β it tends to kd as β goes to 0, \
    and over 1 − β to reverse-kl as β goes to 1.
    """,
    equation: [
      "L = T² · mean over examples of β·KL( p ‖ m ) + (1 − β)·KL( q ‖ m ),  m = β·p + (1 − β)·q",
      "p = softmax(teacher's logits / T),  q = softmax(student's logits / T)",
    ], source: "Agarwal et al. 2023, arXiv 2306.13649")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The temperature T, > 0.
  public var temperature = 1.0
  /// β, the teacher's share of the mixture, in (0, 1).
  public var beta = 0.5

  /// The keys in recipes.
  public static let keys: [Key<JensenShannonLoss>] = [
    .weight, .temperature(\.temperature),
    .number("beta", \.beta, .insideUnit, "β, the teacher's share of the mixture"),
  ]

  /// A loss with weight 1, temperature 1 and equal shares.
  public init() {}

  /// A loss with the given constants.
  public init(weight: Double = 1, temperature: Double = 1, beta: Double = 0.5) {
    (self.weight, self.temperature, self.beta) = (weight, temperature, beta)
  }

  /// The divergence of each row.
  public func rows(_ student: Tensor, _ teacher: Tensor, _ x: Comparison) -> Tensor {
    student.divergenceRows(
      .jensenShannon(beta: Float(beta)), teacher: teacher, temperature: temperature)
      * (temperature * temperature)
  }
}
