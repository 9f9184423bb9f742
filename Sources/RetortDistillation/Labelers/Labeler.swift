import RetortCore
import RetortNN

/// Says what examples are: a model that keeps its weights, several that answer as one, or what one has said
/// before.
///
/// It is in evaluation mode, and no gradient reaches its weights.
public protocol Labeler {
  /// Its logits for examples, `[batch, classes]`.
  ///
  /// - Parameters:
  ///   - examples: What is to be labelled.
  ///   - indices: The examples' places in the training set, int32 `[batch]`; nil for examples that are not
  ///     those of the training set as it is.
  ///   - graph: Where operations are added.
  func logits(of examples: Example, indices: Tensor?, in graph: Graph) -> Tensor

  /// Its logits with the results of the modules at `paths`.
  ///
  /// - Throws: `TapError` for a path that no module has.
  func taps(
    of examples: Example, indices: Tensor?, _ paths: Set<String>, in graph: Graph
  ) throws(TapError) -> Taps

  /// One of several labelers, by its name; nil where there is none.
  subscript(name: String) -> (any Labeler)? { get }
}

extension Labeler {
  /// It is one alone.
  public subscript(name: String) -> (any Labeler)? { nil }

  /// The shapes of the results of modules, batches included, by path.
  ///
  /// - Parameter examples: What the examples are; a batch has two.
  /// - Throws: `TapError` for a path that no module has, `GraphError` where the examples do not fit.
  package func shapes(of paths: Set<String>, for examples: ExampleSpec) throws -> [String: Shape] {
    let graph = Graph()
    let taps = try taps(
      of: examples.inputs(in: graph, batch: 2), indices: nil, paths, in: graph)
    if let error = graph.error { throw error }
    var shapes: [String: Shape] = [:]
    for path in paths { shapes[path] = try taps.value(path).shape }
    return shapes
  }
}

/// A model with its weights on the device, which is asked each time.
extension ParameterStore: Labeler {
  /// The model's output in evaluation mode.
  public func logits(of examples: Example, indices: Tensor?, in graph: Graph) -> Tensor {
    model(examples, in: ForwardContext(graph, .evaluation))
  }

  /// The model's output with the results of its modules.
  public func taps(
    of examples: Example, indices: Tensor?, _ paths: Set<String>, in graph: Graph
  ) throws(TapError) -> Taps {
    try model.taps(examples, in: ForwardContext(graph, .evaluation, tapping: paths))
  }
}
