import RetortData
import Testing

@Suite struct BatchOrderTests {
  private func take(_ count: Int, _ order: BatchOrder) -> [PlannedBatch] {
    var order = order
    return (0..<count).map { _ in order.next() }
  }

  @Test func wrappedEpochsFollowOneAnother() throws {
    let order = try BatchOrder(count: 10, batchSize: 4, seed: 2)
    let batches = take(5, order)  // two epochs
    let all = batches.flatMap(\.indices)
    #expect(all[..<10].sorted() == Array(0..<10))
    #expect(all[10...].sorted() == Array(0..<10))
    #expect(Array(all[..<10]) != Array(all[10...]))
    #expect(batches[4].following == .init(epoch: 2, index: 0))
    #expect(batches.map(\.step) == [0, 1, 2, 3, 4])
  }

  @Test func aSetSmallerThanABatch() throws {
    let batches = take(2, try BatchOrder(count: 3, batchSize: 8, seed: 1))
    #expect(batches.allSatisfy { $0.indices.count == 8 })
    let all = batches.flatMap(\.indices)
    #expect(all[..<3].sorted() == [0, 1, 2] && all[3..<6].sorted() == [0, 1, 2])
  }

  static let samplings: [BatchOrder.Sampling] = [
    .shuffled, .replacement, .byClass(ClassSampling(labels: [0, 2, 0, 0, 1], exponent: 0.5)),
    .progressive(ClassSampling(labels: [0, 2, 0, 0, 1], exponent: 0), over: 30),
  ]

  @Test(arguments: samplings.indices)
  func goingOnEqualsNoPause(_ sampling: Int) throws {
    let sampling = Self.samplings[sampling]
    for (count, batch) in [(10, 3), (12, 4), (7, 7), (5, 1)] {
      let whole = take(
        12, try BatchOrder(count: count, batchSize: batch, seed: 3, sampling: sampling))
      for pause in 1..<12 {
        let rest = try BatchOrder(
          count: count, batchSize: batch, seed: 3, sampling: sampling,
          position: whole[pause - 1].following)
        #expect(
          take(12 - pause, rest) == Array(whole[pause...]), "\(count) by \(batch) at \(pause)")
      }
      #expect(whole.map(\.step) == Array(0..<12))
    }
  }

  @Test func theSeedAndTheEpochDecide() throws {
    func epoch(_ seed: UInt64, _ epoch: Int) throws -> [Int] {
      var order = try BatchOrder(
        count: 100, batchSize: 100, seed: seed, position: .init(epoch: epoch))
      return order.next().indices
    }
    #expect(try epoch(1, 0) == epoch(1, 0))
    #expect(try Set([epoch(1, 0), epoch(1, 1), epoch(2, 0)]).count == 3)
    #expect(try epoch(1, 0) != Array(0..<100))
  }

  @Test func replacementDrawsFromTheWholeSet() throws {
    let order = try BatchOrder(count: 10, batchSize: 1000, seed: 1, sampling: .replacement)
    let drawn = take(10, order).flatMap(\.indices)
    let counts = drawn.reduce(into: [Int](repeating: 0, count: 10)) { $0[$1] += 1 }
    #expect(counts.allSatisfy { abs($0 - 1000) < 150 })
    #expect(Set(drawn[..<10]).count < 10)
  }

  @Test func wrongNumbersAreRefused() {
    #expect(throws: DataError.self) { try BatchOrder(count: 0, batchSize: 1, seed: 1) }
    #expect(throws: DataError.self) { try BatchOrder(count: 1, batchSize: 0, seed: 1) }
    for position in [
      BatchOrder.Position(epoch: -1), .init(index: -1), .init(index: 10),
      .init(epoch: .max, index: 0),
    ] {
      #expect(
        throws: DataError.wrongPosition(epoch: position.epoch, index: position.index, count: 10)
      ) {
        try BatchOrder(count: 10, batchSize: 2, seed: 1, position: position)
      }
    }
  }
}
