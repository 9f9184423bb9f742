import RetortCore
import RetortNN
import RetortTraining

/// A source of logits for examples: a frozen model, an ensemble of several, or a table of known outputs.
///
/// Models are in evaluation mode, and no gradient reaches their weights.
public protocol Labeler {
  /// The logits of examples, `[batch, classes]`, or their vectors, `[batch · parts, width]`.
  ///
  /// - Parameters:
  ///   - examples: The examples.
  ///   - indices: The positions of the examples in the training set, int32 `[batch]`; nil for examples that
  ///     are not in the training set, or not in their original form.
  ///   - graph: The graph that operations are added to.
  func logits(of examples: Example, indices: Tensor?, in graph: Graph) -> Tensor

  /// The logits of examples, with the results of the modules at `paths`.
  ///
  /// - Parameters:
  ///   - examples: The examples.
  ///   - indices: As for `logits`.
  ///   - paths: Module paths; those of an ensemble's members begin with the member's name.
  ///   - graph: The graph that operations are added to.
  /// - Throws: `TapError` for a path that no module has.
  func taps(
    of examples: Example, indices: Tensor?, _ paths: Set<String>, in graph: Graph
  ) throws(TapError) -> Taps

  /// The member of an ensemble called `name`; nil if there is none.
  subscript(name: String) -> (any Labeler)? { get }

  /// What each of several labelers says, with its share for each example; by default none, where all answer as one.
  ///
  /// - Parameters: As for `logits`.
  /// - Returns: Shares, `[batch]` and of sum 1 for each example, and logits, `[batch, classes]`.
  func opinions(of examples: Example, indices: Tensor?, in graph: Graph) -> [Opinion]

  /// The labeler in one step, where it draws something at random; by default itself.
  func drawn(in inputs: StepInputs) -> any Labeler
}

/// What one of several labelers says of examples, and how much that counts.
public struct Opinion {
  /// The share for each example, `[batch]`, in [0, 1].
  public let share: Tensor
  /// The logits, `[batch, classes]`.
  public let logits: Tensor

  /// Logits with their share.
  public init(share: Tensor, logits: Tensor) { (self.share, self.logits) = (share, logits) }
}

extension Labeler {
  /// Nil: the labeler has no members.
  public subscript(name: String) -> (any Labeler)? { nil }

  /// None: it answers as one.
  public func opinions(of examples: Example, indices: Tensor?, in graph: Graph) -> [Opinion] { [] }

  /// Itself: it draws nothing.
  public func drawn(in inputs: StepInputs) -> any Labeler { self }

  /// The shapes of the results of the modules at `paths`, the empty one for the output, by path, for a batch of two
  /// examples.
  ///
  /// - Throws: `TapError` for a path that no module has, `GraphError` if the examples do not fit.
  package func shapes(of paths: Set<String>, for examples: ExampleSpec) throws -> [String: Shape] {
    try values(of: paths, for: examples).mapValues(\.shape)
  }

  /// Whether a batch norm computes the result of the module at `path`.
  ///
  /// - Throws: `TapError` for a path that no module has, `GraphError` if the examples do not fit.
  package func isBatchNorm(_ path: String, for examples: ExampleSpec) throws -> Bool {
    try values(of: [path], for: examples)[path]?.batchNormParameters != nil
  }

  /// Whether the logits at `output` are made of the means of the map at `path`, without another layer between.
  ///
  /// - Throws: `TapError` for a path that no module has, `GraphError` if the examples do not fit.
  package func isLastMap(
    _ path: String, of output: String, for examples: ExampleSpec
  ) throws -> Bool {
    let values = try values(of: [path, output], for: examples)
    guard let read = values[output]?.lastMap, let map = values[path] else { return false }
    return read.shape == map.shape
  }

  private func values(
    of paths: Set<String>, for examples: ExampleSpec
  ) throws -> [String: Tensor] {
    let graph = Graph()
    let taps = try taps(
      of: examples.inputs(in: graph, batch: 2), indices: nil, paths.subtracting([""]), in: graph)
    if let error = graph.error { throw error }
    var values: [String: Tensor] = [:]
    for path in paths { values[path] = try taps.value(path) }
    return values
  }
}

/// A frozen model as a labeler: its forward pass is computed at each use.
extension ParameterStore: Labeler {
  /// The model's output in evaluation mode.
  public func logits(of examples: Example, indices: Tensor?, in graph: Graph) -> Tensor {
    model(examples, in: ForwardContext(graph, .evaluation))
  }

  /// The model's output in evaluation mode, with the results of the modules at `paths`.
  public func taps(
    of examples: Example, indices: Tensor?, _ paths: Set<String>, in graph: Graph
  ) throws(TapError) -> Taps {
    try model.taps(examples, in: ForwardContext(graph, .evaluation, tapping: paths))
  }
}
