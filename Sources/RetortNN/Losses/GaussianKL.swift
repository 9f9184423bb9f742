import RetortCore

/// The KL divergence of a diagonal Gaussian from the standard one, per example.
///
/// `½ Σ (mean² + e^logVariance - logVariance - 1)` over all axes but the first; every term is ≥ 0, even where
/// rounding would make a direct difference negative.
///
/// - Parameters:
///   - mean: `[batch, …]`.
///   - logVariance: `[batch, …]`, the same shape.
/// - Returns: `[batch]`, in nats.
///
/// Source: [Kingma and Welling 2013](https://arxiv.org/abs/1312.6114), appendix B.
public func gaussianKL(mean: Tensor, logVariance: Tensor) -> Tensor {
  let terms = mean.square() + exponentialExcess(logVariance)
  return terms.sum(axes: Array(1..<max(1, terms.shape.rank))) * 0.5
}

/// `eˣ - 1 - x`, by its series near zero, where the difference would cancel.
private func exponentialExcess(_ x: Tensor) -> Tensor {
  let near = x.clamp(-1, 1)
  // 1/2 + x/6 + … + x⁸/10!, from the last.
  let series = stride(from: 10, to: 2, by: -1).reduce(x.graph.fill(1)) { sum, n in
    near * sum / Double(n) + 1
  }
  let isFar = x.abs().greater(x.graph.fill(1))
  return isFar.select(x.exp() - x - 1, near.square() * series * 0.5)
}
