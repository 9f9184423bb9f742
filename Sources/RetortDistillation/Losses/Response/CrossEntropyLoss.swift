import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Softmax cross-entropy on labels, in nats.
public struct CrossEntropyLoss: DistillationLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "cross-entropy", "softmax cross-entropy on labels",
    """
    What a classifier learns without a teacher. With smoothing ε, each label gives the share ε \
    of its weight to all classes alike, which keeps the student from being too sure. Of mixed pictures \
    (mix-up, cut-mix) it is that of both labels, by their shares.
    """,
    equation: [
      "L = mean over examples of −Σ_c q_c · log softmax(s)_c",
      "q_c = (1 − ε)·[c = label] + ε / classes",
    ], source: "Szegedy et al. 2016, arXiv 1512.00567, section 7, for the smoothing")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// ε, the share of each label that is spread evenly over all classes, in [0, 1).
  public var labelSmoothing = 0.0

  /// The keys in recipes.
  public static let keys: [Key<CrossEntropyLoss>] = [
    .weight,
    .number("label-smoothing", \.labelSmoothing, .belowOne, "ε, the share given away"),
  ]
  /// False: it needs labels only.
  public static let needsTeacher = false
  /// True.
  public static let needsLabels = true
  /// Logits.
  public static let outputs: OutputKind? = .logits

  /// Cross-entropy with weight 1 and no smoothing.
  public init() {}

  /// Cross-entropy with the given constants.
  public init(weight: Double = 1, labelSmoothing: Double = 0) {
    (self.weight, self.labelSmoothing) = (weight, labelSmoothing)
  }

  /// One term, for examples with labels.
  public func terms(_ x: Comparison, name: String) -> [LossTerm] {
    guard let output = x.student?.output, let labels = x.labels else { return [] }
    // Linear in the label: of a mixed label, that of both.
    let rows = x.mixed(labels) { output.crossEntropyRows($0, labelSmoothing: labelSmoothing) }
    return [LossTerm(name, weight: weight, rows.mean())]
  }
}
