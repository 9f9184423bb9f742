import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Distillation from a stronger teacher: correlations of probabilities within examples and within classes.
public struct CorrelationOfClassesLoss: DistillationLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "dist", "correlation of probabilities over classes, and over examples",
    """
    What is compared is the order of classes rather than their probabilities, which is easier for a student much \
    smaller than its teacher: ρ is Pearson's correlation, which takes no notice of scale and shift. The second part \
    is over the examples of a batch, of each class; a batch of one has none, and classes that are alike for all \
    examples correlate by 0.
    """,
    equation: [
      "L = T² · ( β · (1 − mean over examples of ρ(p_s, p_t)) + γ · (1 − mean over classes of ρ) )",
      "p = softmax(logits / T)",
    ], source: "Huang, You, Wang, Qian, Xu 2022, arXiv 2205.10536")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The temperature T, > 0.
  public var temperature = 1.0
  /// β, the weight of correlations over classes, ≥ 0.
  public var beta = 1.0
  /// γ, the weight of correlations over examples, ≥ 0.
  public var gamma = 1.0

  /// The keys in recipes.
  public static let keys: [Key<CorrelationOfClassesLoss>] = [
    .weight, .temperature(\.temperature),
    .number("beta", \.beta, .notNegative(), "β, what multiplies the part over classes"),
    .number("gamma", \.gamma, .notNegative(), "γ, what multiplies the part over examples"),
  ]
  /// True: the teacher's probabilities are its targets.
  public static let needsTeacher = true
  /// Logits.
  public static let outputs: OutputKind? = .logits

  /// A loss with weights 1 and temperature 1.
  public init() {}

  /// A loss with the given constants.
  public init(weight: Double = 1, temperature: Double = 1, beta: Double = 1, gamma: Double = 1) {
    (self.weight, self.temperature) = (weight, temperature)
    (self.beta, self.gamma) = (beta, gamma)
  }

  /// One term each for classes and examples of weight > 0, if there is a teacher; no gradient reaches it.
  public func terms(_ x: Comparison, name: String) -> [LossTerm] {
    guard let student = x.student?.output, let teacher = x.teacher?.output else { return [] }
    let own = (student / temperature).softmax()
    let other = (teacher.stopGradient() / temperature).softmax()
    let scale = weight * temperature * temperature
    func term(_ part: String, _ share: Double, axis: Int) -> LossTerm? {
      guard share > 0, student.shape[axis] > 1 else { return nil }
      func deviations(_ p: Tensor) -> Tensor {
        // Probabilities of one example sum to 1.
        axis == 1
          ? p - 1 / Double(p.shape[1])
          : (p - p.mean(axes: [0], keepingAxes: true)).transposed()
      }
      let distances = deviations(own).cosineRows(teacher: deviations(other), floor: 1e-8)
      return LossTerm("\(name)-\(part)", weight: scale * share, distances.mean())
    }
    return [term("classes", beta, axis: 1), term("examples", gamma, axis: 0)].compactMap(\.self)
  }
}
