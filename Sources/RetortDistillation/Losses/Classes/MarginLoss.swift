import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Cross-entropy on labels with a margin that is larger for rarer classes, and deferred weights of classes.
public struct MarginLoss: ClassWeightedLoss {
  /// Its entry in lists.
  public static let explanation = Explanation(
    "ldam", "cross-entropy with larger margins for rarer classes",
    """
    For classes of unequal sizes, in place of cross-entropy: the logit of an example's label must exceed the others \
    by a margin, of which the rarest class has the largest. Deferred re-weighting (DRW) is part of it: after the share \
    'defer' of the training, examples count by one over the effective number of examples of their class, as in \
    class-weighted; 'beta: 0' leaves it out. Margin and scale are those of the authors' code for logits that are \
    cosines: 'student: {…, cosine: 1}'. With 'cosine: 30' in the model, 'margin: 15' and 'scale: 1' say the same, and \
    the model's probabilities mean something to others. Of mixed pictures (mix-up, cut-mix) it is that of both labels, by their shares.
    """,
    equation: [
      "L = Σ_i w_y · l_i / Σ_i w_y,  l_i = −log softmax( scale · (s_i − Δ_y·e_y) )_y,  y the label of example i",
      "Δ_c = margin · (n_min / n_c)^¼,  n_c the training examples of class c",
      "w_c = 1 while step < defer · steps,  then ∝ (1 − β) / (1 − β^n_c)",
    ],
    source: "Cao, Wei, Gaidon, Arechiga, Ma 2019, arXiv 1906.07413, sections 3.2 and 3.3")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The margin of the rarest class, in logits before they are scaled, ≥ 0.
  public var margin = 0.5
  /// What logits and margins are multiplied by, > 0.
  public var scale = 30.0
  /// β of the effective numbers of examples, in [0, 1].
  public var beta = 0.9999
  /// The share of the training in which all classes weigh alike, in [0, 1].
  public var deferral = 0.8

  /// The keys in recipes.
  public static let keys: [Key<MarginLoss>] = [
    .weight, .number("margin", \.margin, .notNegative(upTo: 1000), "the rarest class's margin"),
    .number("scale", \.scale, .positive(upTo: 1000), "what multiplies logits and margins"),
    .beta, .deferral,
  ]

  /// A loss with the constants of the authors' code.
  public init() {}

  /// A loss with the given constants.
  public init(
    weight: Double = 1, margin: Double = 0.5, scale: Double = 30, beta: Double = 0.9999,
    deferral: Double = 0.8
  ) {
    (self.weight, self.margin, self.scale) = (weight, margin, scale)
    (self.beta, self.deferral) = (beta, deferral)
  }

  /// Cross-entropy of scaled logits, that of the label less its margin.
  public func rows(_ logits: Tensor, _ labels: Tensor, _ classes: ClassFrequencies) -> Tensor {
    let margins = logits.graph.constant(
      classes.margins(largest: margin).map(Float.init), [1, classes.count])
    return ((logits - labels.oneHot(classes.count) * margins) * scale).crossEntropyRows(labels)
  }
}
