import RetortCore

/// The divergence of a diagonal Gaussian from the standard one, per example.
///
/// `½ Σ (mean² + e^logVariance - logVariance - 1)` over all axes but the first.
///
/// - Parameters:
///   - mean: `[batch, …]`.
///   - logVariance: Of the same shape.
/// - Returns: `[batch]`, in nats.
///
/// Source: [Kingma and Welling 2013](https://arxiv.org/abs/1312.6114), appendix B.
public func gaussianKL(mean: Tensor, logVariance: Tensor) -> Tensor {
  let terms = mean.square() + logVariance.exp() - logVariance - 1
  return terms.sum(axes: Array(1..<max(1, terms.shape.rank))) * 0.5
}
