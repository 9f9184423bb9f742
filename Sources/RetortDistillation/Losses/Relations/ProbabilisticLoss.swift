import RetortCore
import RetortNN
import RetortSchema

/// Probabilistic knowledge transfer: the divergence of how likely each example is to pick another by likeness.
public struct ProbabilisticLoss: PairLoss, RelationalLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "pkt", "divergence of the likeness of each example to the others",
    """
    The likeness of an example to all of the batch, itself among them, is a distribution, which the student learns. \
    Sizes may differ. The mean is over all b² entries, as in RepDistiller, whose weight is 30000: 1/b of the mean \
    over rows of KL.
    """,
    equation: [
      "L = mean over i, j of p_ij · log( (p_ij + ε) / (q_ij + ε) ),  ε = 10⁻⁷",
      "p_ij = k_ij / Σ_j k_ij,  k = (1 + cos) / 2 of the teacher's features; q of the student's",
    ], source: "Passalis and Tefas 2018, arXiv 1803.10837")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The pairs of modules whose results are related; none for the outputs.
  public var taps: [TapPair] = []

  /// The keys in recipes.
  public static let keys: [Key<ProbabilisticLoss>] = [.weight, .relatedTaps]

  /// Weight 1.
  public init() {}

  /// A loss at the given pairs of modules.
  public init(weight: Double = 1, taps: [TapPair]) { (self.weight, self.taps) = (weight, taps) }

  /// The mean of the divergence's terms.
  public func distance(_ pair: FeaturePair) -> Tensor {
    let (q, p) = (likeness(pair.student), likeness(pair.teacher))
    return (p * ((p + 1e-7) / (q + 1e-7)).log()).mean()
  }

  private func likeness(_ features: Tensor) -> Tensor {
    // Rounding may leave a cosine just below −1.
    let kernel = (BatchRelations(features.flatten().unit()).products + 1) * 0.5
    let positive = kernel.maximum(kernel.graph.fill(0))
    return positive / positive.sum(axes: [1], keepingAxes: true)
  }
}
