import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Cross-entropy of logits to which the logarithms of the classes' shares are added.
public struct LogitAdjustedLoss: DistillationLoss {
  /// Its entry in lists.
  public static let explanation = Explanation(
    "logit-adjusted",
    "cross-entropy of logits plus tau times the log of classes' shares; balanced softmax at tau 1",
    """
    For classes of unequal sizes, in place of cross-entropy: how frequent classes are is told to the softmax in \
    training, so that logits need not learn it and are those of classes that are all alike. With tau 1 it is the \
    balanced softmax (Ren et al. 2020, arXiv 2007.10740), with 0 plain cross-entropy. Shares are those of the \
    training examples however they are drawn: 'train: {sampling: class-balanced}' makes up for them a second time. \
    Of mixed pictures (mix-up, cut-mix) it is that of both labels, by their shares.
    """,
    equation: [
      "L = mean over examples of −log softmax( s + tau · log π )_y,  y the example's label",
      "π_c = n_c / Σ_i n_i,  n_c the training examples of class c",
    ],
    source: "Menon et al. 2021, arXiv 2007.07314, equation 10; Ren et al. 2020, arXiv 2007.10740")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// What multiplies the logarithms of the shares, ≥ 0.
  public var tau = 1.0

  /// The keys in recipes.
  public static let keys: [Key<LogitAdjustedLoss>] = [
    .weight, .number("tau", \.tau, .notNegative(upTo: 100), "how much of the shares is added"),
  ]
  /// False: it needs labels only.
  public static let needsTeacher = false
  /// True.
  public static let needsLabels = true
  /// Logits.
  public static let outputs: OutputKind? = .logits

  /// A loss with weight 1 and tau 1.
  public init() {}

  /// A loss with the given constants.
  public init(weight: Double = 1, tau: Double = 1) { (self.weight, self.tau) = (weight, tau) }

  /// One term, for examples with labels.
  ///
  /// - Throws: `ClassCountError` where classes have no known number of examples.
  public func terms(_ x: Comparison, name: String) throws -> [LossTerm] {
    guard let output = x.student?.output, let labels = x.labels else { return [] }
    let classes = try ClassFrequencies(x, for: Self.explanation.name)
    let shares = output.graph.constant(
      classes.logShares.map { Float($0 * tau) }, [1, classes.count])
    let adjusted = output + shares
    let rows = x.mixed(labels) { adjusted.crossEntropyRows($0) }
    return [LossTerm(name, weight: weight, rows.mean())]
  }
}
