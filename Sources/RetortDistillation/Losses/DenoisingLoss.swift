import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// The cross-entropy of a text's tokens, each from those before it and from a damaged text: mean over tokens, in nats.
public struct DenoisingLoss: DistillationLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "denoising", "cross-entropy of tokens, given a damaged text",
    """
    Trains a generator of texts: an encoder that sees a text with some tokens hidden and some missing, and a decoder \
    that says the whole text, token by token. It is what a stage with an untrained generator of texts minimises \
    without being told, and needs no labels. Which tokens are damaged is drawn anew in each step.
    """,
    equation: [
      "L = −( Σ_i log p( x_i | x_<i, x̂ ) ) / n   over all n tokens of a batch behind the first of each text",
      "x̂ = x with each token hidden with probability 'mask', missing with 'delete'",
    ], source: "Lewis et al. 2020, arXiv 1910.13461, section 2.2")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The share of tokens that are hidden, in [0, 1].
  public var masked = 0.3
  /// The share of tokens that are missing, in [0, 1].
  public var deleted = 0.1

  /// The keys in recipes.
  public static let keys: [Key<DenoisingLoss>] = [
    .weight, .number("mask", \.masked, .unit, "the share of tokens that are hidden"),
    .number("delete", \.deleted, .unit, "the share of tokens that are missing"),
  ]
  /// False: it needs the examples only.
  public static let needsTeacher = false
  /// True: it trains a generator.
  public static let trainsGenerator = true

  /// A loss with weight 1, three tenths hidden and one tenth missing.
  public init() {}

  /// A loss with the given shares of damaged tokens.
  public init(weight: Double = 1, masked: Double, deleted: Double) {
    (self.weight, self.masked, self.deleted) = (weight, masked, deleted)
  }

  /// A token is hidden or missing.
  public var faults: [KeyFault] {
    masked + deleted <= 1
      ? [] : [KeyFault("delete", "'mask' and 'delete' together are at most 1, the whole text")]
  }

  /// One term.
  public func terms(_ x: Comparison, name: String) -> [LossTerm] {
    guard let generator = x.learner as? any TextGenerator else { return [] }
    return generator.using(x.context) {
      let found = sums(
        generator, x.examples, state: x.inputs.randomState, stream: x.inputs.streams.next())
      return [LossTerm(name, weight: weight, found.nats.sum() / found.tokens.sum())]
    }
  }

  /// The cross-entropy of each text, summed over its tokens behind the first, and how many these are, `[batch]` each.
  ///
  /// - Parameters:
  ///   - generator: Called within a forward pass.
  ///   - texts: `tokens` and `mask`.
  ///   - state: The state of random operations, int32 `[3]`.
  ///   - stream: The stream of the damage.
  public func sums(
    _ generator: any TextGenerator, _ texts: Example, state: Tensor, stream: UInt32
  ) -> (nats: Tensor, tokens: Tensor) {
    guard let tokens = texts["tokens"], let mask = texts["mask"], tokens.shape.rank == 2 else {
      let fault = texts.x.graph.fail(
        .invalidArgument(
          operation: "denoising", reason: "needs texts of 'tokens' and 'mask'",
          path: texts.x.graph.scope))
      return (fault, fault)
    }
    let damaged = TextDamage(masked: masked, deleted: deleted).applied(
      to: texts, maskToken: generator.maskToken, state: state, stream: stream)
    let logits = generator.logits(
      of: tokens, from: generator.encode(damaged), mask: damaged["mask"] ?? mask)
    let behind = 1..<max(1, tokens.shape[1])
    let shown = mask.slice(axis: 1, behind).toFloat()
    let rows = logits.crossEntropyRows(tokens.slice(axis: 1, behind)) * shown
    return (rows.sum(axes: [1]), shown.sum(axes: [1]))
  }
}
