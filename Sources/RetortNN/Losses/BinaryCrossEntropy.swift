import RetortCore

/// The cross-entropy of Bernoulli logits with targets in [0, 1]: `log(1 + eˣ) - x·t`.
///
/// Computed without overflow for any logit. `.batchMean` sums over pixels, as in the likelihood of a
/// variational autoencoder.
///
/// - Parameters:
///   - logits: Any shape; receives a gradient.
///   - targets: Targets in [0, 1], of the same shape.
///   - reduction: The reduction of the elements' losses.
/// - Returns: The loss in nats.
public func binaryCrossEntropy(
  logits: Tensor, targets: Tensor, reduction: LossReduction = .mean
) -> Tensor {
  guard logits.shape == targets.shape else {
    return logits.graph.fail(
      .shapeMismatch(
        operation: "binary cross-entropy", lhs: logits.shape, rhs: targets.shape,
        path: logits.graph.scope))
  }
  return reduction(logits.softplus() - logits * targets)
}
