import RetortCore
import RetortSchema

/// Decoupled distillation: the divergence of the label's probability, and that among the other classes.
public struct DecoupledLoss: ResponseLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "dkd", "kd in two parts: the label's probability, and the other classes among themselves",
    """
    KL is the first part and (1 − p_label) times the second, so that a sure teacher says little of the other classes; \
    here β weighs them for all examples alike. Of examples without labels the teacher's likeliest class is taken. Both \
    parts are computed from logits, without a logarithm of a small probability.
    """,
    equation: [
      "L = T² · mean over examples of α·KL( b_t ‖ b_s ) + β·KL( p̂_t ‖ p̂_s )",
      "b = ( p_label, 1 − p_label ),  p̂ = softmax(logits / T) without the label's",
    ], source: "Zhao, Cui, Song, Qiu, Liang 2022, arXiv 2203.08679")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The temperature T, > 0.
  public var temperature = 4.0
  /// α, the weight of the label's probability, ≥ 0.
  public var alpha = 1.0
  /// β, the weight of the other classes, ≥ 0.
  public var beta = 8.0

  /// The keys in recipes.
  public static let keys: [Key<DecoupledLoss>] = [
    .weight, .temperature(\.temperature),
    .number("alpha", \.alpha, .notNegative(), "α, what multiplies the label's part"),
    .number("beta", \.beta, .notNegative(), "β, what multiplies that of the other classes"),
  ]

  /// A loss with the constants of the authors' code.
  public init() {}

  /// A loss with the given constants.
  public init(weight: Double = 1, temperature: Double = 4, alpha: Double = 1, beta: Double = 8) {
    (self.weight, self.temperature) = (weight, temperature)
    (self.alpha, self.beta) = (alpha, beta)
  }

  /// Both parts of each row.
  public func rows(_ student: Tensor, _ teacher: Tensor, _ x: Comparison) -> Tensor {
    let (own, other) = (student / temperature, teacher / temperature)
    func parts(_ labels: Tensor) -> Tensor {
      let label = labels.oneHot(student.shape[-1])
      let rest = 1 - label
      func pair(_ logits: Tensor) -> Tensor {
        Tensor.concatenate([logits.together(label), logits.together(rest)], axis: 1)
      }
      let ofLabel = pair(own).divergenceRows(.forwardKL, teacher: pair(other))
      let ofRest = own.keeping(rest).divergenceRows(.forwardKL, teacher: other.keeping(rest))
      return ofLabel * alpha + ofRest * beta
    }
    let rows = x.labels.map { x.mixed($0, parts) } ?? parts(teacher.argmax())
    return rows * (temperature * temperature)
  }
}
