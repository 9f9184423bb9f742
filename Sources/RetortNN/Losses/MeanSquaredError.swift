import RetortCore

/// `(prediction - target)²`, by default averaged over every element.
///
/// Both shapes must be equal; both receive gradients.
public func meanSquaredError(
  _ prediction: Tensor, _ target: Tensor, reduction: LossReduction = .mean
) -> Tensor {
  guard prediction.shape == target.shape else {
    return prediction.graph.fail(
      .shapeMismatch(
        operation: "mean squared error", lhs: prediction.shape, rhs: target.shape,
        path: prediction.graph.scope))
  }
  return reduction((prediction - target).square())
}
