import RetortCore
import RetortSchema

/// Soft targets of classes that do not exclude each other: `T²·Σ KL` of Bernoulli distributions, mean over the batch.
public struct SigmoidLoss: ResponseLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "sigmoid-kd", "T²·KL of each class's own probability",
    """
    For teachers of several labels an example: each class is a question of its own, whose answer is the sigmoid of its \
    logit, and their divergences are summed. Of one label an example, kd is the better choice.
    """,
    equation: [
      "L = T² · mean over examples of Σ_c p_c·log(p_c / q_c) + (1 − p_c)·log((1 − p_c) / (1 − q_c))",
      "p = sigmoid(teacher's logits / T),  q = sigmoid(student's logits / T)",
    ], source: "Yang et al. 2023, arXiv 2308.06453")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The temperature T, > 0.
  public var temperature = 1.0

  /// The keys in recipes.
  public static let keys: [Key<SigmoidLoss>] = [.weight, .temperature(\.temperature)]

  /// A loss with weight 1 and temperature 1.
  public init() {}

  /// A loss with the given constants.
  public init(weight: Double = 1, temperature: Double = 1) {
    (self.weight, self.temperature) = (weight, temperature)
  }

  /// The summed divergences of each row, each `p·(t − s) + log(1 + eˢ) − log(1 + eᵗ)` of logits s and t.
  public func rows(_ student: Tensor, _ teacher: Tensor, _ x: Comparison) -> Tensor {
    let (s, t) = (student / temperature, teacher / temperature)
    let divergences = t.sigmoid() * (t - s) + s.softplus() - t.softplus()
    return divergences.sum(axes: [-1]) * (temperature * temperature)
  }
}
