import RetortCore
import RetortNN

/// The logits of every training example, or the vectors of its parts, in a table, for lookup in place of a forward
/// pass; and features of modules, where these have tables too.
///
/// The table is valid only if inputs are not augmented.
public struct LogitTable: Labeler {
  /// Logits, `[examples, classes]`, or vectors, `[examples, parts, width]`, flat.
  public let variable: Variable
  /// The number of classes, or the width of vectors.
  public let classes: Int
  /// How many rows of the model's output an example has.
  public let parts: Int
  /// What a module gives for every training example.
  public struct Features {
    /// The results, `[examples, …]`, flat.
    public let variable: Variable
    /// The extents of one result.
    public let shape: [Int]

    /// Results of the given extents.
    public init(_ variable: Variable, shape: [Int]) {
      (self.variable, self.shape) = (variable, shape)
    }
  }

  /// The tables of features, by the paths of their modules.
  public let features: [String: Features]
  /// The labeler for other examples and for features that have no table; nil if neither is needed.
  public let live: (any Labeler)?

  /// A table of the given logits.
  public init(
    _ variable: Variable, classes: Int, parts: Int = 1, features: [String: Features] = [:],
    live: (any Labeler)? = nil
  ) {
    (self.variable, self.classes, self.parts, self.live) = (variable, classes, parts, live)
    self.features = features
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

  /// The logits of examples, with the results of modules at `paths`: those in tables, or the live labeler's.
  ///
  /// - Throws: `TapError` for a path that no module has.
  public func taps(
    of examples: Example, indices: Tensor?, _ paths: Set<String>, in graph: Graph
  ) throws(TapError) -> Taps {
    guard !paths.isEmpty else {
      return Taps(output: logits(of: examples, indices: indices, in: graph))
    }
    if let indices, paths.allSatisfy({ features[$0] != nil }) {
      let rows = features.filter { paths.contains($0.key) }.mapValues { table in
        let size = table.shape.reduce(1, *)
        return graph.variable(table.variable, [table.variable.count / max(1, size), size])
          .gather(indices).reshape([-1] + table.shape)
      }
      return Taps(output: logits(of: examples, indices: indices, in: graph), values: rows)
    }
    guard let live else { throw TapError(path: paths.sorted()[0], nearest: []) }
    return try live.taps(of: examples, indices: indices, paths, in: graph)
  }
}
