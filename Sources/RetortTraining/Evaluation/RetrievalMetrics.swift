import RetortCore

/// How often vectors of queries find the documents that belong to them, among all documents.
///
/// A document's rank is one more than the number of documents that are nearer to the query, by the cosine of
/// their vectors. Documents that are as near as each other share the mean of their ranks.
///
/// Source: Manning, Raghavan, Schütze 2008, Introduction to Information Retrieval, chapter 8; Voorhees 1999 for the
/// mean reciprocal rank.
public struct RetrievalMetrics: Equatable, Sendable {
  /// The share of queries whose own document is the nearest, in [0, 1].
  public let recallAt1: Double
  /// The share of queries whose own document is among the ten nearest, in [0, 1].
  public let recallAt10: Double
  /// The mean of one over the rank of a query's own document, in (0, 1].
  public let meanReciprocalRank: Double
  /// The number of documents that are searched, which is that of queries.
  public let documents: Int
  /// The nearest document of each query.
  public let predictions: [Int32]

  /// The metrics of vectors `[pairs, 2, width]`, a query's before its document's, found by a search on the device.
  ///
  /// - Throws: The device's errors.
  public init(vectors: [Float], pairs: Int, in session: Session) throws {
    let width = max(1, vectors.count / max(1, 2 * pairs))
    func part(_ place: Int) -> [Float] {
      (0..<pairs).flatMap { vectors[(2 * $0 + place) * width..<(2 * $0 + place + 1) * width] }
    }
    let index = try DocumentIndex(session, documents: part(1), width: width)
    let places = try index.places(of: Array(0..<pairs), for: part(0))
    func mean(_ value: (Double) -> Double) -> Double {
      places.reduce(0) { $0 + value($1.rank) } / Double(max(1, pairs))
    }
    recallAt1 = mean { $0 < 1.5 ? 1 : 0 }
    recallAt10 = mean { $0 < 10.5 ? 1 : 0 }
    meanReciprocalRank = mean { 1 / $0 }
    documents = pairs
    predictions = places.map(\.nearest)
  }
}
