import RetortTraining
import Testing

/// How often vectors find what belongs to them, beside ranks counted by hand.
@Suite struct RetrievalMetricsTests {
  /// The metrics of vectors of the given angles in degrees, a query's before its document's.
  private static func metrics(_ angles: [Double], scale: Float = 1) -> RetrievalMetrics {
    let vectors = angles.flatMap { angle -> [Float] in
      let turn = angle * .pi / 180
      return [Float(cosine(turn)) * scale, Float(cosine(turn - .pi / 2)) * scale]
    }
    return RetrievalMetrics(vectors: vectors, pairs: angles.count / 2)
  }

  /// By its series, so that nothing but the standard library is needed.
  private static func cosine(_ x: Double) -> Double {
    var (sum, term) = (1.0, 1.0)
    for n in 1...40 {
      term *= -x * x / Double((2 * n - 1) * (2 * n))
      sum += term
    }
    return sum
  }

  @Test(arguments: [Float(1), 250]) func ranksCountNearerDocuments(_ scale: Float) {
    // The documents lie at 0, 40, 100; the queries find theirs first, second and last.
    let found = Self.metrics([10, 0, 15, 40, -30, 100], scale: scale)
    #expect(found.predictions == [0, 0, 0] && found.documents == 3)
    #expect(abs(found.recallAt1 - 1.0 / 3) < 1e-12 && found.recallAt10 == 1)
    #expect(abs(found.meanReciprocalRank - (1 + 0.5 + 1.0 / 3) / 3) < 1e-12)
  }

  @Test func onlyTenCount() {
    // The query of document 0 lies at the far end of 12 documents, all others on theirs.
    let others = (1..<12).flatMap { [Double($0) * 10, Double($0) * 10] }
    let found = Self.metrics([110, 0] + others)
    #expect(found.recallAt1 == 11.0 / 12 && found.recallAt10 == 11.0 / 12)
    #expect(abs(found.meanReciprocalRank - (11 + 1.0 / 12) / 12) < 1e-12)
  }

  /// A model that says the same of everything knows nothing.
  @Test func equalVectorsShareTheirRanks() {
    let found = RetrievalMetrics(vectors: Array(repeating: 0.5, count: 2 * 21 * 9), pairs: 21)
    #expect(found.recallAt1 == 0 && found.recallAt10 == 0)
    #expect(abs(found.meanReciprocalRank - 1.0 / 11) < 1e-12)
  }

  @Test func metricsAgreeWhereBothFindTheSame() {
    let (one, other) = (
      TestMetrics.retrieval(Self.metrics([0, 0, 90, 90])),
      TestMetrics.retrieval(Self.metrics([0, 0, 20, 90]))
    )
    #expect(one.agreement(with: one) == 1 && one.agreement(with: other) == 0.5)
    #expect(one.accuracy == 1 && one.loss == 0 && other.loss == 0.25)
  }
}
