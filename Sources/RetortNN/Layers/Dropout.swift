import RetortCore

/// Sets elements to zero at random in training mode, and scales the rest to keep the mean.
///
/// Source: [Srivastava et al. 2014](https://jmlr.org/papers/v15/srivastava14a.html).
public final class Dropout: Module {
  /// The probability that an element becomes zero, in [0, 1).
  public let probability: Double

  /// A layer that drops each element with `probability`.
  public init(_ probability: Double) { self.probability = probability }

  public override func forward(_ x: Tensor) -> Tensor {
    guard context.mode == .training, probability > 0 else { return x }
    guard let state = context.randomState else {
      return x.graph.fail(
        .invalidArgument(
          operation: "dropout", reason: "the forward pass was given no random state",
          path: x.graph.scope))
    }
    return x.dropout(probability: probability, state: state, stream: context.streams.next())
  }
}
