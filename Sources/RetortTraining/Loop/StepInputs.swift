import RetortCore
import RetortNN

/// The inputs that a training step's graph is built from.
public struct StepInputs {
  /// The step's graph.
  public let graph: Graph
  /// The batch of examples from the input pipeline, with their labels, changed in one way after the other; at least
  /// one.
  public let views: [Example]
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
  /// Which form of the step is built: one of `Scheme.forms`, from 0.
  public let form: Int
  /// The number of labelled training examples of each class, by class number; empty where nothing says it.
  public let classCounts: [Int]

  /// Inputs with the given tensors.
  public init(
    graph: Graph, views: [Example], labels: Tensor, indices: Tensor, randomState: Tensor,
    streams: RandomStreams = RandomStreams(), steps: Int = 1, form: Int = 0, classCounts: [Int] = []
  ) {
    precondition(!views.isEmpty, "a step has examples")
    self.views = views.map {
      var example = $0
      example.labels = labels
      return example
    }
    (self.graph, self.labels) = (graph, labels)
    (self.indices, self.randomState, self.streams) = (indices, randomState, streams)
    (self.steps, self.form, self.classCounts) = (steps, form, classCounts)
  }

  /// Inputs of one view.
  public init(
    graph: Graph, example: Example, labels: Tensor, indices: Tensor, randomState: Tensor,
    streams: RandomStreams = RandomStreams(), steps: Int = 1, classCounts: [Int] = []
  ) {
    self.init(
      graph: graph, views: [example], labels: labels, indices: indices, randomState: randomState,
      streams: streams, steps: steps, classCounts: classCounts)
  }

  /// The first view of the examples.
  public var example: Example { views[0] }

  /// The view of the examples that learner `index` of several sees: its own where there are several, else the first.
  public func example(of index: Int) -> Example { views[min(index, views.count - 1)] }

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
