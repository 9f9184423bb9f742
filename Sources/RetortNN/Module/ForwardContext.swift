import RetortCore

/// One forward pass under construction: the graph, the mode, the randomness, the batch statistics.
///
/// A model may be called several times in one context, for instance on a batch of real and one of generated
/// examples; running statistics are then updated by each call, in order.
public final class ForwardContext {
  /// The mode of layers that behave differently in training.
  public enum Mode: Hashable, Sendable {
    /// Dropout is active; batch norm uses the batch's statistics and records them.
    case training
    /// Dropout is inactive; batch norm uses its running statistics.
    case evaluation
  }

  /// The graph to which operations are added.
  public let graph: Graph
  /// The mode of the pass.
  public let mode: Mode
  /// The state of random operations, int32 `[3]`: the low and high half of the seed, and the step; nil for a
  /// pass without randomness.
  public let randomState: Tensor?
  /// The source of a stream number per random operation in the graph.
  public let streams: RandomStreams
  /// The paths of modules whose outputs are kept.
  public let tapping: Set<String>
  var statistics: [BatchStatistics] = []
  /// What is remembered of this step, by parameter.
  var memories: [(parameter: Parameter, value: Tensor)] = []
  /// The outputs of the modules at `tapping` in the current call.
  var tapped: [String: Tensor] = [:]

  /// A forward pass in `graph`.
  ///
  /// - Parameters:
  ///   - graph: The graph to which operations are added.
  ///   - mode: The mode of the pass.
  ///   - randomState: The state of random operations; required in training mode with dropout.
  ///   - streams: The source of stream numbers, shared by all contexts of one graph.
  ///   - tapping: The paths of modules whose outputs `Module.taps` returns.
  public init(
    _ graph: Graph, _ mode: Mode, randomState: Tensor? = nil,
    streams: RandomStreams = RandomStreams(), tapping: Set<String> = []
  ) {
    self.tapping = tapping
    self.graph = graph
    self.mode = mode
    self.randomState = randomState
    self.streams = streams
  }
}

extension ForwardContext {
  /// Has a parameter of the role `memory` hold `value`, of its shape, from the next step on; once in a step.
  package func remember(_ value: Tensor, in parameter: Parameter) {
    memories.append((parameter, value))
  }
}

/// A source of distinct stream numbers for the random operations of one plan.
public final class RandomStreams {
  private var upcoming: UInt32

  /// Streams from `first` on; smaller numbers are reserved for the host.
  public init(first: UInt32 = 4096) { upcoming = first }

  /// The next unused stream number.
  public func next() -> UInt32 {
    defer { upcoming += 1 }
    return upcoming
  }
}
