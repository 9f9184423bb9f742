import Glibc

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

  /// The metrics of vectors `[pairs, 2, width]`, a query's before its document's.
  public init(vectors: [Float], pairs: Int) {
    let width = vectors.count / max(1, 2 * pairs)
    let units = Self.units(vectors, width: width)
    var predictions = [Int32](repeating: 0, count: pairs)
    var (first, ten, reciprocal) = (0, 0, 0.0)
    var scores = [Float](repeating: 0, count: pairs)
    units.withUnsafeBufferPointer { units in
      for query in 0..<pairs {
        for document in 0..<pairs {
          scores[document] = Self.product(
            units, 2 * query * width, (2 * document + 1) * width, width)
        }
        let own = scores[query]
        var (nearer, asNear, best) = (0, 0, 0)
        for document in 0..<pairs {
          if scores[document] > own { nearer += 1 }
          if scores[document] == own, document != query { asNear += 1 }
          if scores[document] > scores[best] { best = document }
        }
        let rank = 1 + Double(nearer) + Double(asNear) / 2
        predictions[query] = Int32(best)
        first += rank < 1.5 ? 1 : 0
        ten += rank < 10.5 ? 1 : 0
        reciprocal += 1 / rank
      }
    }
    let all = Double(max(1, pairs))
    (recallAt1, recallAt10) = (Double(first) / all, Double(ten) / all)
    (meanReciprocalRank, documents) = (reciprocal / all, pairs)
    self.predictions = predictions
  }

  /// The rows of a matrix, brought to length 1.
  private static func units(_ vectors: [Float], width: Int) -> [Float] {
    var units = vectors
    for start in stride(from: 0, to: vectors.count, by: max(1, width)) {
      let squares = vectors[start..<start + width].reduce(0.0) { $0 + Double($1) * Double($1) }
      let inverse = Float(1 / max(squares.squareRoot(), 1e-12))
      for index in start..<start + width { units[index] *= inverse }
    }
    return units
  }

  /// The scalar product of two rows that begin at the given places.
  private static func product(
    _ values: UnsafeBufferPointer<Float>, _ first: Int, _ second: Int, _ width: Int
  ) -> Float {
    var sums = SIMD8<Float>.zero
    let whole = width / 8 * 8
    for index in stride(from: 0, to: whole, by: 8) {
      for lane in 0..<8 {
        sums[lane] += values[first + index + lane] * values[second + index + lane]
      }
    }
    var sum = sums.sum()
    for index in whole..<width { sum += values[first + index] * values[second + index] }
    return sum
  }
}
