import RetortCore
import RetortSchema

/// Soft targets of standardised logits: the KL divergence of softmax(z′/T), mean over the batch, in nats.
public struct StandardizedLoss: ResponseLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "standardized-kd", "KL of softened probabilities of standardised logits",
    """
    The logits of each row lose their mean and are divided by their deviation before the softmax, so that the student \
    learns how the teacher's compare rather than how large they are, and each example has a temperature of its own. \
    The deviation is the unbiased one. There is no factor T², as in torchdistill; the authors' code has one.
    """,
    equation: [
      "L = mean over examples of KL( softmax(t′ / T) ‖ softmax(s′ / T) )",
      "z′ = (z − mean) / (deviation + 10⁻⁷)",
    ], source: "Sun, Ren, Li, Wang, Cao 2024, arXiv 2403.01427")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The temperature T, > 0, in deviations.
  public var temperature = 2.0

  /// The keys in recipes.
  public static let keys: [Key<StandardizedLoss>] = [.weight, .temperature(\.temperature)]

  /// A loss with weight 1 and temperature 2.
  public init() {}

  /// A loss with the given constants.
  public init(weight: Double = 1, temperature: Double = 2) {
    (self.weight, self.temperature) = (weight, temperature)
  }

  /// The divergence of each row.
  public func rows(_ student: Tensor, _ teacher: Tensor, _ x: Comparison) -> Tensor {
    standardized(student).divergenceRows(
      .forwardKL, teacher: standardized(teacher), temperature: temperature)
  }

  private func standardized(_ logits: Tensor) -> Tensor {
    let centred = logits - logits.mean(axes: [1], keepingAxes: true)
    let squares = centred.square().sum(axes: [1], keepingAxes: true)
    let deviation = (squares / Double(max(1, logits.shape[-1] - 1))).safeRoot(floor: 1e-12)
    return centred / (deviation + 1e-7)
  }
}
