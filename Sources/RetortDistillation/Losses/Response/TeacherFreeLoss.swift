import Glibc
import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Teacher-free regularisation: a teacher that is designed rather than trained says what each class is like.
public struct TeacherFreeLoss: DistillationLoss {
  /// What is softened.
  public enum Form: String, CaseIterable, Sendable {
    /// Probabilities of both, as in the paper.
    case softened
    /// The designed probabilities alone, as if they were logits, and the mean over classes, as in the authors' code.
    case authors
  }

  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "teacher-free", "KL of the student's softened probabilities from a designed teacher's",
    """
    Tf-KD_reg, a regulariser beside cross-entropy that needs no teacher: a virtual one gives each right class the \
    probability a, and all others the same. The paper weighs cross-entropy by 1 − α and this loss by α, with a of at \
    least 0.9 and T of at least 20; the factor T² is that of kd, and not in the paper. 'form: authors' is what their \
    code computes, with a = 0.99 and a weight of α times its multiplier. At T = 1 it is label smoothing, which is its \
    control: 'label-smoothing' of cross-entropy. Of mixed pictures (mix-up, \
    cut-mix) it is that of both labels, by their shares. Their Tf-KD_self is a student born again: a second stage \
    whose teacher is the first one's model.
    """,
    equation: [
      "L = T² · mean over examples of KL( p^T ‖ softmax(s/T) ),  p^T = softmax( log p / T )      softened",
      "L = mean over examples of KL( softmax(p/T) ‖ softmax(s) ) / classes                       authors",
      "p_c = a for the label c,  (1 − a) / (classes − 1) for the others",
    ], source: "Yuan, Tay, Li, Wang, Feng 2020, arXiv 1909.11723")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// T, > 0.
  public var temperature = 20.0
  /// a, the probability that the virtual teacher gives the right class, in (0, 1).
  public var probability = 0.99
  /// What is softened.
  public var form = Form.softened

  /// The keys in recipes.
  public static let keys: [Key<TeacherFreeLoss>] = [
    .weight, .temperature(\.temperature),
    .number("probability", \.probability, .insideUnit, "a, what the right class is given"),
    .choice("form", \.form, "what is softened"),
  ]
  /// False: its teacher is designed.
  public static let needsTeacher = false
  /// True.
  public static let needsLabels = true
  /// Logits.
  public static let outputs: OutputKind? = .logits

  /// A loss with weight 1, T = 20 and a = 0.99.
  public init() {}

  /// A loss with the given constants.
  public init(
    weight: Double = 1, temperature: Double = 20, probability: Double = 0.99,
    form: Form = .softened
  ) {
    (self.weight, self.temperature) = (weight, temperature)
    (self.probability, self.form) = (probability, form)
  }

  /// One term, for examples with labels.
  public func terms(_ x: Comparison, name: String) -> [LossTerm] {
    guard let output = x.student?.output, let labels = x.labels else { return [] }
    let classes = output.shape[-1]
    let other = (1 - probability) / Double(max(1, classes - 1))
    // Logits of the virtual teacher: this at the label, and 0 elsewhere.
    let margin: Double
    let (softening, factor): (Double, Double)
    switch form {
    case .softened:
      margin = log(probability / other)
      (softening, factor) = (temperature, temperature * temperature)
    case .authors:
      margin = (probability - other) / temperature
      (softening, factor) = (1, 1 / Double(classes))
    }
    // But for the teacher's entropy, which is the same for all labels, it is linear in the label.
    let rows = x.mixed(labels) { labels in
      output.divergenceRows(
        .forwardKL, teacher: labels.oneHot(classes) * margin, temperature: softening)
    }
    return [LossTerm(name, weight: weight, rows.mean() * factor)]
  }
}
