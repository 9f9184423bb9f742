import RetortCore

/// A model's output and the outputs of some of its modules, for losses to compare.
public struct Taps {
  /// The model's output.
  public let output: Tensor
  private let values: [String: Tensor]

  /// An output with tapped values by module path.
  public init(output: Tensor, values: [String: Tensor] = [:]) {
    (self.output, self.values) = (output, values)
  }

  /// The output of the module at `path`; the model's output for an empty path.
  ///
  /// - Throws: `TapError` if no module was tapped at `path`.
  public func value(_ path: String) throws(TapError) -> Tensor {
    if path.isEmpty { return output }
    guard let value = values[path] else {
      throw TapError(path: path, nearest: nearestNames(to: path, in: values.keys.sorted()))
    }
    return value
  }

  /// The same values with another output.
  package func replacing(output: Tensor) -> Taps { Taps(output: output, values: values) }

  /// The rows `range` of the output and of every value.
  public func rows(_ range: Range<Int>) -> Taps {
    Taps(
      output: output.slice(axis: 0, range),
      values: values.mapValues { $0.slice(axis: 0, range) })
  }
}

/// A path of no module of a model, or of a module that the forward pass does not call.
public struct TapError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The path.
  public let path: String
  /// The nearest paths of the model, as hints.
  public let nearest: [String]

  /// An error for `path`, with the nearest paths of the model.
  public init(path: String, nearest: [String]) { (self.path, self.nearest) = (path, nearest) }

  /// One line: the path and the nearest ones.
  public var description: String {
    "the model has no module '\(path)'"
      + (nearest.isEmpty ? "" : "; there is \(nearest.map { "'\($0)'" }.joined(separator: ", "))")
  }
}

extension Module {
  /// Builds the model's output in a graph together with the outputs of the modules that `context` taps.
  ///
  /// - Throws: `TapError` for a path that no module of the model has.
  public final func taps(_ example: Example, in context: ForwardContext) throws(TapError) -> Taps {
    context.tapped = [:]
    let output = self(example, in: context)
    for path in context.tapping.sorted() where context.tapped[path] == nil {
      throw TapError(path: path, nearest: nearestNames(to: path, in: tapPaths))
    }
    return Taps(output: output, values: context.tapped)
  }

  /// The paths of all modules within this one, and of the values that they keep.
  package final var tapPaths: [String] {
    var (paths, known): ([String], Set<String>) = ([], [])
    walk { module, path in
      for path in [path] + module.valueNames.map(path.joinedPath)
      where !path.isEmpty && known.insert(path).inserted { paths.append(path) }
    }
    return paths
  }
}

extension ParameterStore {
  /// The values that can be tapped, in the order of the model's modules, with their shapes for a batch of two.
  ///
  /// - Parameter examples: The kind of the examples.
  /// - Throws: `GraphError` where the examples do not fit.
  package func tapShapes(
    of examples: ExampleSpec
  ) throws(GraphError) -> [(path: String, shape: Shape)] {
    let (graph, paths) = (Graph(), model.tapPaths)
    let context = ForwardContext(graph, .evaluation, tapping: Set(paths))
    context.tapped = [:]
    _ = model(examples.inputs(in: graph, batch: 2), in: context)
    if let error = graph.error { throw error }
    return paths.compactMap { path in context.tapped[path].map { (path, $0.shape) } }
  }

  /// The output shapes of the modules at `paths`, the empty one for the model's, with a batch of two, by path.
  ///
  /// - Parameter examples: The kind of the examples.
  /// - Throws: `TapError` for a path that no module has, `GraphError` where the examples do not fit.
  package func tapShapes(_ paths: Set<String>, of examples: ExampleSpec) throws -> [String: Shape] {
    let graph = Graph()
    let context = ForwardContext(graph, .evaluation, tapping: paths.subtracting([""]))
    let taps = try model.taps(examples.inputs(in: graph, batch: 2), in: context)
    if let error = graph.error { throw error }
    var shapes: [String: Shape] = [:]
    for path in paths { shapes[path] = try taps.value(path).shape }
    return shapes
  }
}
