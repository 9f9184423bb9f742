import RetortCore
import RetortNN

/// The logits of every training example, or the vectors of its parts, in a table, for lookup in place of a forward
/// pass.
///
/// The table is valid only if inputs are not augmented.
public struct LogitTable: Labeler {
  /// Logits, `[examples, classes]`, or vectors, `[examples, parts, width]`, flat.
  public let variable: Variable
  /// The number of classes, or the width of vectors.
  public let classes: Int
  /// How many rows of the model's output an example has.
  public let parts: Int
  /// The labeler for other examples and for features; nil if neither is needed.
  public let live: (any Labeler)?

  /// A table of the given logits.
  public init(
    _ variable: Variable, classes: Int, parts: Int = 1, live: (any Labeler)? = nil
  ) {
    (self.variable, self.classes, self.parts, self.live) = (variable, classes, parts, live)
  }

  /// The rows of the table at `indices`; the live labeler's logits if `indices` is nil.
  public func logits(of examples: Example, indices: Tensor?, in graph: Graph) -> Tensor {
    if let indices {
      let size = parts * classes
      return graph.variable(variable, [variable.count / size, size]).gather(indices)
        .reshape([-1, classes])
    }
    guard let live else { preconditionFailure("a table of logits has training examples alone") }
    return live.logits(of: examples, indices: nil, in: graph)
  }

  /// The logits of examples, with the results of the live labeler's modules at `paths`.
  ///
  /// - Throws: `TapError` for a path that no module has.
  public func taps(
    of examples: Example, indices: Tensor?, _ paths: Set<String>, in graph: Graph
  ) throws(TapError) -> Taps {
    guard !paths.isEmpty else {
      return Taps(output: logits(of: examples, indices: indices, in: graph))
    }
    guard let live else { throw TapError(path: paths.sorted()[0], nearest: []) }
    return try live.taps(of: examples, indices: indices, paths, in: graph)
  }
}
