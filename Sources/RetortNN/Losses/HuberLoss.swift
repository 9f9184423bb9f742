import RetortCore

/// Huber's loss with a bound of 1, by default averaged over every element: half the square of errors up to 1, and
/// less one half of those beyond.
///
/// Both shapes must be equal; both receive gradients. Source: Huber 1964; PyTorch's `huber_loss` with δ = 1.
public func huberLoss(
  _ prediction: Tensor, _ target: Tensor, reduction: LossReduction = .mean
) -> Tensor {
  guard prediction.shape == target.shape else {
    return prediction.graph.fail(
      .shapeMismatch(
        operation: "Huber loss", lhs: prediction.shape, rhs: target.shape,
        path: prediction.graph.scope))
  }
  let size = (prediction - target).abs()
  let inner = size.minimum(size.graph.fill(1))
  return reduction(inner.square() * 0.5 + size - inner)
}
