import RetortCore

/// The reduction of per-element losses to the value to minimise.
public enum LossReduction: Hashable, Sendable {
  /// No reduction.
  case none
  /// The sum.
  case sum
  /// The mean over every element.
  case mean
  /// The sum divided by the extent of the first axis, the batch.
  case batchMean

  /// Applies the reduction to `losses`.
  package func callAsFunction(_ losses: Tensor) -> Tensor {
    switch self {
    case .none: losses
    case .sum: losses.sum()
    case .mean: losses.mean()
    case .batchMean: losses.sum() / Double(max(1, losses.shape.rank == 0 ? 1 : losses.shape[0]))
    }
  }
}
