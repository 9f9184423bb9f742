import RetortCore
import RetortNN

/// What a labeler has said of every training example, looked up instead of computed.
///
/// It holds where the inputs are the same in every step; whoever augments them asks the labeler itself.
public struct LogitTable: Labeler {
  /// Logits, `[examples, classes]`, flat.
  public let variable: Variable
  /// The number of classes.
  public let classes: Int
  /// Who is asked about other examples and about features; nil where nobody asks.
  public let live: (any Labeler)?

  /// A table of logits.
  public init(_ variable: Variable, classes: Int, live: (any Labeler)? = nil) {
    (self.variable, self.classes, self.live) = (variable, classes, live)
  }

  /// The rows at `indices`, or what the labeler itself says.
  public func logits(of examples: Example, indices: Tensor?, in graph: Graph) -> Tensor {
    if let indices {
      return graph.variable(variable, [variable.count / classes, classes]).gather(indices)
    }
    guard let live else { preconditionFailure("a table of logits has training examples alone") }
    return live.logits(of: examples, indices: nil, in: graph)
  }

  /// The logits, with features that the labeler itself computes.
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
