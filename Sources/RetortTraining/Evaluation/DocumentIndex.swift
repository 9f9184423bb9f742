import RetortCore
import RetortNN

/// Vectors of documents on a device, all of which are compared with each query, in batches of queries.
///
/// A batch's scores are one product, and stay on the device: they are ranked there, and three numbers a query come back.
public final class DocumentIndex {
  /// Where a query's own document stands among all.
  public struct Place: Equatable, Sendable {
    /// The document nearest to the query, the first of several.
    public let nearest: Int32
    /// One more than the number of documents nearer than the query's own; as near ones count one half each.
    public let rank: Double
  }

  /// The number of documents.
  public let count: Int
  /// The numbers of one vector.
  public let width: Int
  /// The queries of one pass.
  private let batch: Int
  private let search: any Executable

  /// Scores of one pass are at most so many, 64 MiB.
  private static let scoreLimit = 1 << 24

  /// An index of vectors of any lengths but zero, `[count, width]` flat.
  ///
  /// - Parameters:
  ///   - session: The device's.
  ///   - documents: The vectors; at most 2²⁴.
  ///   - width: The numbers of one vector, ≥ 1.
  ///   - batch: The largest number of queries of one pass; fewer where documents are many.
  /// - Throws: `BackendError.memory` or the device's own errors.
  public init(
    _ session: Session, documents: [Float], width: Int, batch: Int = 512
  ) throws {
    let count = documents.count / width
    let batch = max(1, min(batch, Self.scoreLimit / max(1, count)))
    (self.count, self.width, self.batch) = (count, width, batch)
    let graph = Graph()
    let index = graph.constant(documents, [count, width]).unitRows()
    let queries = graph.input("queries", [batch, width]).unitRows()
    let own = graph.input("own documents", [batch, 1])
    let scores = queries.matmul(index, transposeB: true)
    let numbers = graph.constant((0..<count).map(Float.init), [1, count])
    let score = (scores * own.equal(numbers)).sum(axes: [1], keepingAxes: true)
    search = try session.compile(
      graph,
      outputs: [
        scores.argmax().toFloat(), scores.greater(score).sum(axes: [1]),
        scores.equal(score).sum(axes: [1]),
      ])
  }

  /// Where the own documents of queries stand, by the cosines of all documents with each query.
  ///
  /// - Parameters:
  ///   - documents: The number of each query's own document.
  ///   - queries: The vectors of queries, `[documents.count, width]` flat.
  /// - Throws: The device's errors.
  public func places(of documents: [Int], for queries: [Float]) throws -> [Place] {
    var places: [Place] = []
    for first in stride(from: 0, to: documents.count, by: batch) {
      let size = min(batch, documents.count - first)
      func filledUp(_ values: some Sequence<Float>, _ count: Int) -> [Float] {
        let values = Array(values)
        return values + Array(repeating: 0, count: count - values.count)
      }
      try search.setInput(
        0, filledUp(queries[first * width..<(first + size) * width], batch * width))
      try search.setInput(1, filledUp(documents[first..<first + size].map(Float.init), batch))
      try search.run()
      let (nearest, nearer) = (try search.floats(0), try search.floats(1))
      let asNear = try search.floats(2)
      places += (0..<size).map { query in
        Place(
          nearest: Int32(nearest[query]),
          rank: 1 + Double(nearer[query]) + Double(asNear[query] - 1) / 2)
      }
    }
    return places
  }
}
