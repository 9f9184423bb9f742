import RetortCore
import RetortNN

/// The inputs that a training step's graph is built from.
public struct StepInputs {
  /// The step's graph.
  public let graph: Graph
  /// The batch of examples from the input pipeline, with their labels.
  public let example: Example
  /// The labels, int32 `[batch]`.
  public let labels: Tensor
  /// The examples' indices in their dataset, int32 `[batch]`.
  public let indices: Tensor
  /// The state of random operations, int32 `[3]`: the low and high half of the seed, and the step.
  public let randomState: Tensor
  /// The stream numbers of the step's random operations.
  public let streams: RandomStreams
  /// The number of steps of the whole training, ≥ 1.
  public let steps: Int
  /// The number of labelled training examples of each class, by class number; empty where nothing says it.
  public let classCounts: [Int]

  /// Inputs with the given tensors.
  public init(
    graph: Graph, example: Example, labels: Tensor, indices: Tensor, randomState: Tensor,
    streams: RandomStreams = RandomStreams(), steps: Int = 1, classCounts: [Int] = []
  ) {
    var example = example
    example.labels = labels
    (self.graph, self.example, self.labels) = (graph, example, labels)
    (self.indices, self.randomState, self.streams) = (indices, randomState, streams)
    (self.steps, self.classCounts) = (steps, classCounts)
  }

  /// The number of the step from 0, int32 `[1]`.
  public var step: Tensor { randomState.slice(axis: 0, 2..<3) }

  /// A forward pass of this step.
  ///
  /// - Parameters:
  ///   - mode: The mode of layers such as dropout and batch norm.
  ///   - tapping: The paths of modules whose outputs losses read.
  public func context(
    _ mode: ForwardContext.Mode, tapping: Set<String> = []
  ) -> ForwardContext {
    ForwardContext(graph, mode, randomState: randomState, streams: streams, tapping: tapping)
  }
}
