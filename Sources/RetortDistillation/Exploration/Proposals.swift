import RetortSchema

/// The choice of a search's starts among random proposals, before the teacher labels any.
///
/// A proposal is chosen of M with a probability in proportion to `s^β`, where `s` says how much it is likely to
/// teach. Disagreement is heavy-tailed over latent codes, so that choosing finds more of it than climbing does for
/// the same number of evaluations.
///
/// Source: importance sampling by the loss, Katharopoulos and Fleuret 2018, arXiv 1803.00942; the draw is Gumbel's
/// trick, Maddison et al. 2014, arXiv 1411.0030.
public struct Proposals: Hashable, Sendable {
  /// What proposals are valued by, `s ≥ 0`.
  public enum Value: String, CaseIterable, Hashable, Sendable {
    /// The divergence of teacher and student: each proposal is decoded, and both are asked of it.
    case disagreement
    /// The entropy of the student's probabilities: each proposal is decoded, and the student is asked of it.
    case entropy
    /// One less the difference of the student's two greatest probabilities: as for the entropy.
    case margin
    /// The disagreement that a small network expects at the code: nothing is decoded and nobody is asked. The network
    /// learns with the student, from the pairs of codes and disagreement that the steps find.
    case surrogate
    /// The disagreement on the new example that was last made of the same training example, or 1 of one that has not
    /// been searched from: nothing is decoded and nobody is asked.
    case lastVisit = "last-visit"

    /// Whether each proposal costs an evaluation of the teacher.
    public var asksTeacher: Bool { self == .disagreement }
  }

  /// M, the proposals of each new example, ≥ 2.
  public var count = 4
  /// What they are valued by.
  public var value = Value.surrogate
  /// β, how much values matter, ≥ 0: 0 for any proposal, without bound for the greatest value.
  public var greed = 2.0
  /// ε, how far the losses make up for the choice, in [0, 1].
  ///
  /// Their gradient at what is found counts by `(1/(M·q))^ε`, where `q` is the probability of the choice. With 1 it is
  /// in the mean that of random starts.
  public var importance = 0.0

  /// Four proposals, valued by the surrogate.
  public init() {}

  /// `count` proposals.
  public init(_ count: Int, by value: Value, greed: Double = 2) {
    (self.count, self.value, self.greed) = (count, value, greed)
  }
}

extension Proposals: Configurable {
  /// The keys of `proposals` in recipes.
  public static let keys: [Key<Proposals>] = [
    .int("count", \.count, 2...64, "M, the random starts among which one is chosen"),
    .choice(
      "by", \.value,
      "what they are valued by: 'disagreement' of teacher and student, which asks the teacher of each; 'entropy' or "
        + "'margin' of the student's probabilities; or the disagreement that a 'surrogate' expects at a code, a "
        + "network of 2 layers of 64 that learns it beside the student, or 'last-visit', that on the new example which "
        + "was last made of the same training example"),
    .number("greed", \.greed, .notNegative(upTo: 1000), "β: one is drawn in proportion to value^β"),
    .number(
      "importance", \.importance, .unit,
      "ε: what losses learn of one counts by (1 / (M · q))^ε, where q is the probability of its choice; 1 for the "
        + "gradient of random starts in the mean, 0 for the same of each"
    ).omittedAtDefault(),
  ]
}
