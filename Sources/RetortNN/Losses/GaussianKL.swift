import RetortCore

/// The divergence of a diagonal Gaussian from the standard one, per example.
///
/// `½ Σ (mean² + e^logVariance - logVariance - 1)` over all axes but the first; no term is negative,
/// however near the Gaussian is to the standard one.
///
/// - Parameters:
///   - mean: `[batch, …]`.
///   - logVariance: Of the same shape.
/// - Returns: `[batch]`, in nats.
///
/// Source: [Kingma and Welling 2013](https://arxiv.org/abs/1312.6114), appendix B.
public func gaussianKL(mean: Tensor, logVariance: Tensor) -> Tensor {
  let terms = mean.square() + exponentialExcess(logVariance)
  return terms.sum(axes: Array(1..<max(1, terms.shape.rank))) * 0.5
}

/// `eˣ - 1 - x`, near zero by its series, where the differences would leave nothing of it.
private func exponentialExcess(_ x: Tensor) -> Tensor {
  let near = x.clamp(-1, 1)
  // 1/2 + x/6 + … + x⁸/10!, from the last.
  let series = stride(from: 10, to: 2, by: -1).reduce(x.graph.fill(1)) { sum, n in
    near * sum / Double(n) + 1
  }
  let isFar = x.abs().greater(x.graph.fill(1))
  return isFar.select(x.exp() - x - 1, near.square() * series * 0.5)
}
