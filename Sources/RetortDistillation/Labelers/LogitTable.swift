import RetortCore
import RetortNN

/// The logits of every training example in a table, for lookup in place of a forward pass.
///
/// The table is valid only if inputs are not augmented.
public struct LogitTable: Labeler {
  /// Logits, `[examples, classes]`, flat.
  public let variable: Variable
  /// The number of classes.
  public let classes: Int
  /// The labeler for other examples and for features; nil if neither is needed.
  public let live: (any Labeler)?

  /// A table of the given logits.
  public init(_ variable: Variable, classes: Int, live: (any Labeler)? = nil) {
    (self.variable, self.classes, self.live) = (variable, classes, live)
  }

  /// The rows of the table at `indices`; the live labeler's logits if `indices` is nil.
  public func logits(of examples: Example, indices: Tensor?, in graph: Graph) -> Tensor {
    if let indices {
      return graph.variable(variable, [variable.count / classes, classes]).gather(indices)
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
