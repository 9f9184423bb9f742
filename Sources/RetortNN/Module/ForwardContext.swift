import RetortCore

/// One forward pass that is being built: the graph, the mode, the randomness, the statistics.
///
/// A model may be called several times in one context (a batch of real and one of generated
/// examples); running statistics then follow all of them, in order.
public final class ForwardContext {
  /// Whether layers behave as in training.
  public enum Mode: Hashable, Sendable {
    /// Dropout drops; batch norm uses the batch's statistics and reports them.
    case training
    /// Dropout does nothing; batch norm uses its running statistics.
    case evaluation
  }

  /// Where operations are added.
  public let graph: Graph
  /// How layers behave.
  public let mode: Mode
  /// int32 `[3]`: the low and high half of the seed, and the step; nil where nothing is random.
  public let randomState: Tensor?
  /// Gives each use of randomness in the graph its own stream.
  public let streams: RandomStreams
  /// The paths of modules whose results are kept.
  public let tapping: Set<String>
  var statistics: [BatchStatistics] = []
  /// The results of the modules at `tapping` in the call under way.
  var tapped: [String: Tensor] = [:]

  /// A forward pass in `graph`.
  ///
  /// - Parameters:
  ///   - graph: Where operations are added.
  ///   - mode: How layers behave.
  ///   - randomState: Needed in training mode where a layer drops out.
  ///   - streams: Shared by all contexts of one graph that draw random numbers.
  ///   - tapping: The paths of modules whose results `Module.taps` returns.
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

/// Numbers for the uses of randomness inside one plan, none given twice.
public final class RandomStreams {
  private var upcoming: UInt32

  /// Streams from `first` on; smaller numbers are left to the host's own uses.
  public init(first: UInt32 = 4096) { upcoming = first }

  /// A stream that nothing else in the plan uses.
  public func next() -> UInt32 {
    defer { upcoming += 1 }
    return upcoming
  }
}
