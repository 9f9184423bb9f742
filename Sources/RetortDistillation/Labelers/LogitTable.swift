import RetortCore
import RetortNN

/// The logits of every training example, or the vectors of its parts, in a table, for lookup in place of a forward
/// pass; and features of modules, where these have tables too.
///
/// It is valid only if inputs are not augmented, or augmented by draws that are repeated: then it has a row for each.
public struct LogitTable: Labeler {
  /// Logits, `[rows, classes]`, or vectors, `[rows, parts, width]`, flat.
  public let variable: Variable
  /// The number of classes, or the width of vectors.
  public let classes: Int
  /// How many rows of the model's output an example has.
  public let parts: Int
  /// How many draws of an example have rows of their own, those of one example standing together.
  public let draws: Int
  /// What a module gives for every training example.
  public struct Features {
    /// The results, `[rows, …]`, flat.
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
    _ variable: Variable, classes: Int, parts: Int = 1, draws: Int = 1,
    features: [String: Features] = [:],
    live: (any Labeler)? = nil
  ) {
    (self.variable, self.classes, self.parts, self.live) = (variable, classes, parts, live)
    (self.draws, self.features) = (draws, features)
  }

  /// The rows of examples that are training examples, of which `indices` are the numbers; nil for others.
  private func rows(_ examples: Example, _ indices: Tensor?) -> Tensor? {
    draws == 1 ? indices : indices.flatMap { _ in examples.row }
  }

  /// The rows of the table for the examples at `indices`; the live labeler's logits if `indices` is nil.
  public func logits(of examples: Example, indices: Tensor?, in graph: Graph) -> Tensor {
    if let indices = rows(examples, indices) {
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
    if let own = self.rows(examples, indices), paths.allSatisfy({ features[$0] != nil }) {
      let rows = features.filter { paths.contains($0.key) }.mapValues { table in
        let size = table.shape.reduce(1, *)
        return graph.variable(table.variable, [table.variable.count / max(1, size), size])
          .gather(own).reshape([-1] + table.shape)
      }
      return Taps(output: logits(of: examples, indices: indices, in: graph), values: rows)
    }
    guard let live else { throw TapError(path: paths.sorted()[0], nearest: []) }
    return try live.taps(of: examples, indices: indices, paths, in: graph)
  }
}
