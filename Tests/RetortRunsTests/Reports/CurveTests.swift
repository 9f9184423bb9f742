import Testing

@testable import RetortRuns

@Suite struct CurveTests {
  private func curve(_ points: [(Int, Double?)]) -> Curve {
    var curve = Curve()
    for (step, value) in points { curve.add(step: step, value) }
    return curve
  }

  @Test func stepsThatComeAgainCount() {
    let found = curve([(1, 5), (2, 4), (3, nil), (2, 3), (.max, .infinity), (4, 1)])
    #expect(found.points.map(\.step) == [1, 2, 4])
    #expect(found.points.map(\.value) == [5, 3, 1])
    #expect(found.leftOut == 2)
  }

  @Test func aMeanHasItsSpreadAndItsRuns() throws {
    let mean = Curve.mean(of: [
      curve([(1, 1), (2, 4), (3, 9)]), curve([(1, 3), (2, 4), (4, nil)]),
    ])
    #expect(mean.points.map(\.step) == [1, 2, 3])
    #expect(mean.points.map(\.value) == [2, 4, 9])
    #expect(mean.points.map(\.count) == [2, 2, 1])
    #expect(abs(try #require(mean.points[0].spread) - 2.0.squareRoot()) < 1e-12)
    #expect(mean.points[1].spread == 0)
    #expect(mean.points[2].spread == nil && mean.leftOut == 1)
  }

  @Test func timesLieBetweenThoseThatAreKnown() {
    let clock = curve([(10, 5), (20, 25)])
    let timed = curve([(5, 1), (10, 1), (15, 1), (20, 1), (30, 1)]).timed(by: clock)
    #expect(timed.points.map(\.seconds) == [2.5, 5, 15, 25, nil])
    #expect(curve([(1, 1)]).timed(by: Curve()).points[0].seconds == nil)
  }

  @Test func neighboursAreAveraged() {
    let thin = curve((1...10).map { ($0, Double($0)) }).thinned(to: 4)
    #expect(thin.points.map(\.value) == [2, 5, 8, 10])
    #expect(curve([(1, 1.7e308), (2, 1.7e308)]).thinned(to: 1).points[0].value.isFinite)
  }

  @Test func namesAreAsShortAsTheyCanBe() throws {
    func labels(_ runs: [[StudentFixture]]) throws -> [String] {
      StageGroup.labels(StageGroup.all(of: try StudentFixture.records(runs)))
    }
    #expect(
      try labels([
        [
          .init(stage: "s/kd", labels: 3, accuracy: 1),
          .init(stage: "t/tgt", labels: 3, accuracy: 1),
        ]
      ]) == ["kd", "tgt"])
    #expect(
      try labels([
        [
          .init(stage: "s/kd", labels: 3, accuracy: 1),
          .init(stage: "t/kd", labels: 3, accuracy: 1),
        ]
      ]) == ["s/kd", "t/kd"])
    #expect(
      try labels([
        [.init(stage: "s/kd", labels: 1000, accuracy: 1)],
        [.init(stage: "s/kd", labels: 1, accuracy: 1)],
      ]) == ["kd, 1\u{202F}000 labels", "kd, 1 label"])
  }
}
