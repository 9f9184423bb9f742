import RetortCore

/// The cross-entropy of Bernoulli logits with targets in [0, 1]: `log(1 + eˣ) - x·t`.
///
/// No overflow for any logit. `.batchMean` sums over pixels, as a variational autoencoder's
/// likelihood does.
///
/// - Parameters:
///   - logits: Any shape; receives a gradient.
///   - targets: Of the same shape.
///   - reduction: What becomes of the elements' losses.
/// - Returns: In nats.
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
