import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Hinton's soft targets: `T²·KL(softmax(t/T) ‖ softmax(s/T))`, averaged over the batch, in nats.
public struct SoftTargetLoss: DistillationLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "kd", "T²·KL of the student's softened probabilities from the teacher's",
    """
    Classic knowledge distillation: the student learns what the teacher believes of every \
    class, not only of the right one. A higher temperature T shows more of the small \
    probabilities; the factor T² keeps gradients as large as those of labels. Needs a teacher \
    with weights. Of several teachers that 'combine' weighs for each example it is the weighted sum of each \
    one's, as in CA-MKD, whose code divides by the number of teachers besides. In an exploration the same loss on the \
    explored examples is called kd-generated.
    """,
    equation: [
      "L = T² · mean over examples of KL( p ‖ q )",
      "p = softmax(teacher's logits / T),  q = softmax(student's logits / T)",
      "KL( p ‖ q ) = Σ_c p_c · (log p_c − log q_c)",
    ], source: "Hinton, Vinyals, Dean 2015, arXiv 1503.02531, section 2")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The temperature T, > 0.
  public var temperature = 4.0

  /// The keys in recipes.
  public static let keys: [Key<SoftTargetLoss>] = [
    .weight,
    .number("temperature", \.temperature, .positive(upTo: 1000), "T"),
  ]
  /// True: the teacher's logits are its targets.
  public static let needsTeacher = true
  /// Logits.
  public static let outputs: OutputKind? = .logits

  /// A loss with weight 1 and temperature 4.
  public init() {}

  /// Soft targets with the given constants.
  public init(weight: Double = 1, temperature: Double = 4) {
    (self.weight, self.temperature) = (weight, temperature)
  }

  /// One term, if there is a teacher.
  public func terms(_ x: Comparison, name: String) -> [LossTerm] {
    guard let student = x.student?.output else { return [] }
    let rows = x.taught {
      student.divergenceRows(.forwardKL, teacher: $0, temperature: temperature)
    }
    let square = temperature * temperature
    return rows.map { [LossTerm(name, weight: weight, $0.mean() * square)] } ?? []
  }
}

/// Hinton's soft-target loss: `T²·KL(softmax(t/T) ‖ softmax(s/T))`, averaged over the batch.
///
/// - Parameters:
///   - student: Logits, `[batch, classes]`.
///   - teacher: Logits, `[batch, classes]`; no gradient reaches them.
///   - temperature: T, dimensionless, greater than zero.
/// - Returns: A scalar, in nats.
///
/// Source: [Hinton, Vinyals, Dean 2015](https://arxiv.org/abs/1503.02531), section 2.
public func softTargetLoss(student: Tensor, teacher: Tensor, temperature: Double) -> Tensor {
  let rows = student.divergenceRows(
    .forwardKL, teacher: teacher.stopGradient(), temperature: temperature)
  return rows.mean() * (temperature * temperature)
}
