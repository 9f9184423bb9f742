import RetortCore
import RetortNN

/// What a training step is built from.
public struct StepInputs {
  /// Where operations are added.
  public let graph: Graph
  /// The examples, as the pipeline makes them.
  public let example: Example
  /// Classes, int32 `[batch]`.
  public let labels: Tensor
  /// The examples' places in their dataset, int32 `[batch]`.
  public let indices: Tensor
  /// int32 `[3]`: the low and high half of the seed, and the step.
  public let randomState: Tensor
  /// Numbers for the step's uses of randomness.
  public let streams: RandomStreams

  /// The given inputs of a step.
  public init(
    graph: Graph, example: Example, labels: Tensor, indices: Tensor, randomState: Tensor,
    streams: RandomStreams = RandomStreams()
  ) {
    (self.graph, self.example, self.labels) = (graph, example, labels)
    (self.indices, self.randomState, self.streams) = (indices, randomState, streams)
  }

  /// A forward pass of this step.
  ///
  /// - Parameters:
  ///   - mode: How layers behave.
  ///   - tapping: The paths of modules whose results losses compare.
  public func context(
    _ mode: ForwardContext.Mode, tapping: Set<String> = []
  ) -> ForwardContext {
    ForwardContext(graph, mode, randomState: randomState, streams: streams, tapping: tapping)
  }
}
