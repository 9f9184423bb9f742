import Glibc
import RetortCore
import RetortNN
import RetortSchema

/// Correlation congruence: the squared distance of kernels of the examples of a batch.
public struct CorrelationLoss: PairLoss, RelationalLoss {
  /// What is congruent.
  public enum Form: String, CaseIterable, Sendable {
    /// A Gaussian kernel of all pairs, by its Taylor series, as in the paper.
    case kernel
    /// Products of errors of neighbours in the batch, as in RepDistiller.
    case neighbours
  }

  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "correlation", "kernels of the examples of a batch",
    """
    'kernel' is the paper's: how alike each two examples are, by a Gaussian kernel of features of length 1, cut off \
    after P terms of its series. Sizes may differ. 'neighbours' is what RepDistiller computes, with a weight of 0.02: \
    it depends on the order of examples, features need one size, by a linear layer if they have taps, and a batch of \
    one has no loss.
    """,
    equation: [
      "L = mean over pairs i, j of ( C_s − C_t )²,  C = Σ_p e^(−2γ)·(2γ)^p / p! · ⟨x_i, x_j⟩^p      kernel",
      "L = mean over i of ⟨ |s_i − t_i|, |s_i+1 − t_i+1| ⟩                                      neighbours",
    ], source: "Peng et al. 2019, arXiv 1904.01802")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The pairs of modules whose results are related; none for the outputs.
  public var taps: [TapPair] = []
  /// What is congruent.
  public var form = Form.kernel
  /// γ, the width of the kernel, > 0.
  public var gamma = 0.4
  /// P, the highest power of the kernel's series.
  public var order = 2

  /// The keys in recipes.
  public static let keys: [Key<CorrelationLoss>] = [
    .weight, .relatedTaps, .choice("form", \.form, "what is congruent"),
    .number("gamma", \.gamma, .positive(upTo: 1000), "γ, the width of the kernel")
      .only(with: "form", [Form.kernel.rawValue]),
    .int("order", \.order, 1...16, "P, the highest power of its series")
      .only(with: "form", [Form.kernel.rawValue]),
  ]

  /// The paper's form and constants.
  public init() {}

  /// A loss of the given form.
  public init(weight: Double = 1, taps: [TapPair] = [], form: Form) {
    (self.weight, self.taps, self.form) = (weight, taps, form)
  }

  /// A linear layer or 1×1 convolution per pair for neighbours, where channels differ; none for kernels.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    form == .neighbours ? try Adapter.each(student, teacher, Adapter.matching) : []
  }

  /// The distance of both kernels, or the product of neighbours' errors.
  public func distance(_ pair: FeaturePair) throws -> Tensor {
    switch form {
    case .kernel: return meanSquaredError(kernel(pair.student), kernel(pair.teacher))
    case .neighbours:
      let (own, target) = try pair.adapted()
      let errors = (own - target).abs().flatten()
      let count = errors.shape[0]
      guard count > 1 else { return (errors * 0).sum() }
      let (first, second) = (
        errors.slice(axis: 0, 0..<count - 1), errors.slice(axis: 0, 1..<count)
      )
      return (first * second).sum(axes: [1]).mean()
    }
  }

  private func kernel(_ features: Tensor) -> Tensor {
    let likeness = BatchRelations(features.flatten().unit()).products
    // Horner's scheme, from the last term.
    let series = stride(from: order, to: 0, by: -1).reduce(likeness.graph.fill(1, likeness.shape)) {
      sum, power in likeness * sum * (2 * gamma / Double(power)) + 1
    }
    return series * exp(-2 * gamma)
  }
}
