import RetortCPU
import RetortCore
import RetortTestSupport
import RetortTraining
import Testing

/// How often vectors find what belongs to them, beside ranks counted by hand.
@Suite struct RetrievalMetricsTests {
  /// The metrics of vectors of the given angles in degrees, a query's before its document's.
  private static func metrics(
    _ angles: [Double], scale: Float = 1
  ) throws -> RetrievalMetrics {
    let vectors = angles.flatMap { angle -> [Float] in
      let turn = angle * .pi / 180
      return [Float(cosine(turn)) * scale, Float(cosine(turn - .pi / 2)) * scale]
    }
    return try RetrievalMetrics(
      vectors: vectors, pairs: angles.count / 2, in: Session(CPUBackend()))
  }

  private static func session(_ device: String) throws -> Session {
    Session(device == "cpu" ? CPUBackend() as any Backend : try TestDevice.backend())
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

  @Test(arguments: [Float(1), 250]) func ranksCountNearerDocuments(_ scale: Float) throws {
    // The documents lie at 0, 40, 100; the queries find theirs first, second and last.
    let found = try Self.metrics([10, 0, 15, 40, -30, 100], scale: scale)
    #expect(found.predictions == [0, 0, 0] && found.documents == 3)
    #expect(abs(found.recallAt1 - 1.0 / 3) < 1e-12 && found.recallAt10 == 1)
    #expect(abs(found.meanReciprocalRank - (1 + 0.5 + 1.0 / 3) / 3) < 1e-12)
  }

  @Test func onlyTenCount() throws {
    // The query of document 0 lies at the far end of 12 documents, all others on theirs.
    let others = (1..<12).flatMap { [Double($0) * 10, Double($0) * 10] }
    let found = try Self.metrics([110, 0] + others)
    #expect(found.recallAt1 == 11.0 / 12 && found.recallAt10 == 11.0 / 12)
    #expect(abs(found.meanReciprocalRank - (11 + 1.0 / 12) / 12) < 1e-12)
  }

  /// A model that says the same of everything knows nothing.
  @Test(arguments: ["cpu", "opencl"]) func equalVectorsShareTheirRanks(_ device: String) throws {
    let session = try Self.session(device)
    let found = try RetrievalMetrics(
      vectors: Array(repeating: 0.5, count: 2 * 21 * 9), pairs: 21, in: session)
    #expect(found.recallAt1 == 0 && found.recallAt10 == 0)
    #expect(abs(found.meanReciprocalRank - 1.0 / 11) < 1e-12)
  }

  /// Queries in batches, the last one short, find what a loop over all documents in float64 finds.
  @Test(arguments: ["cpu", "opencl"]) func aSearchInBatchesIsOneOfAll(_ device: String) throws {
    let (count, width) = (37, 11)
    let documents = Philox4x32(seed: 3, stream: 1).normals(count * width)
    let noise = Philox4x32(seed: 3, stream: 2).normals(count * width)
    let own = (0..<count).map { $0 * 5 % count }
    let queries = (0..<count * width).map {
      documents[own[$0 / width] * width + $0 % width] + noise[$0]
    }
    func cosine(_ query: Int, _ document: Int) -> Double {
      func product(_ a: ArraySlice<Float>, _ b: ArraySlice<Float>) -> Double {
        zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
      }
      let (a, b) = (
        queries[query * width..<(query + 1) * width],
        documents[document * width..<(document + 1) * width]
      )
      return product(a, b) / (product(a, a) * product(b, b)).squareRoot()
    }
    let session = try Self.session(device)
    let index = try DocumentIndex(session, documents: documents, width: width, batch: 10)
    let places = try index.places(of: own, for: queries)
    #expect(places.count == count && Set(places.map(\.rank)).count > 3)
    for (query, place) in places.enumerated() {
      let scores = (0..<count).map { cosine(query, $0) }
      let nearer = scores.count { $0 > scores[own[query]] }
      #expect(place.rank == Double(1 + nearer), "query \(query)")
      #expect(Int(place.nearest) == scores.indices.max { scores[$0] < scores[$1] })
    }
  }

  @Test func metricsAgreeWhereBothFindTheSame() throws {
    let (one, other) = (
      TestMetrics.retrieval(try Self.metrics([0, 0, 90, 90])),
      TestMetrics.retrieval(try Self.metrics([0, 0, 20, 90]))
    )
    #expect(one.agreement(with: one) == 1 && one.agreement(with: other) == 0.5)
    #expect(one.accuracy == 1 && one.loss == 0 && other.loss == 0.25)
  }
}
