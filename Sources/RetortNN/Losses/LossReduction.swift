import RetortCore

/// How per-element losses become what is minimised.
public enum LossReduction: Hashable, Sendable {
  /// Not at all.
  case none
  /// Their sum.
  case sum
  /// Their mean over every element.
  case mean
  /// Their sum divided by the first axis, the batch.
  case batchMean

  /// `losses` reduced.
  package func callAsFunction(_ losses: Tensor) -> Tensor {
    switch self {
    case .none: losses
    case .sum: losses.sum()
    case .mean: losses.mean()
    case .batchMean: losses.sum() / Double(max(1, losses.shape.rank == 0 ? 1 : losses.shape[0]))
    }
  }
}
