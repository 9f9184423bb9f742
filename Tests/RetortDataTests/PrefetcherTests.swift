import RetortCore
import Testing

@testable import RetortData

@Suite struct PrefetcherTests {
  private struct Taken: Equatable {
    var plan: PlannedBatch
    var images: [UInt8]
    var moves: [ImageMove]
    var labels: [Int32]
  }

  private func loader() -> BatchLoader {
    BatchLoader(
      dataset: BatchLoaderTests.dataset(), augmentation: Augmentation(shift: 1, flip: true),
      seed: 8)
  }

  private func order(_ position: BatchOrder.Position = .init()) throws -> BatchOrder {
    try BatchOrder(count: 40, batchSize: 6, seed: 8, position: position)
  }

  private func take(_ count: Int, _ prefetcher: Prefetcher) throws -> [Taken] {
    try (0..<count).compactMap { _ in
      try prefetcher.withNext { batch in
        Taken(
          plan: batch.plan, images: Array(batch.fields[0]),
          moves: Array(batch.fields[1].bindMemory(to: ImageMove.self)),
          labels: Array(batch.labels))
      }
    }
  }

  @Test func threadsAndDepthDoNotChangeTheBatches() throws {
    let plain = try take(25, Prefetcher(loader: loader(), order: try order(), threads: 0))
    #expect(plain.count == 25)
    #expect(plain.map(\.images.count) == plain.map { $0.plan.indices.count * 60 })
    #expect(plain[0] != plain[7])
    for threads in 1...5 {
      for depth in 1...4 {
        let prefetcher = Prefetcher(
          loader: loader(), order: try order(), depth: depth, threads: threads)
        #expect(try take(25, prefetcher) == plain, "\(threads) threads, depth \(depth)")
      }
    }
  }

  @Test(arguments: [0, 1, 3])
  func theLimitEndsTheSequence(threads: Int) throws {
    for limit in [0, 1, 7] {
      let prefetcher = Prefetcher(
        loader: loader(), order: try order(), batchLimit: limit, threads: threads)
      #expect(try take(limit + 2, prefetcher).count == limit)
    }
  }

  @Test func thePositionIsThatOfWhatWasGivenOut() throws {
    let whole = try take(12, Prefetcher(loader: loader(), order: try order()))
    let first = Prefetcher(loader: loader(), order: try order(), depth: 4, threads: 2)
    #expect(first.position == .init())
    let begun = try take(5, first)
    let resumed = Prefetcher(loader: loader(), order: try order(first.position))
    #expect(try begun + take(7, resumed) == whole)
  }

  @Test func abandonedWorkEnds() throws {
    for threads in 1...4 {
      let prefetcher = Prefetcher(loader: loader(), order: try order(), threads: threads)
      #expect(try take(1, prefetcher).count == 1)
    }
  }

  @Test func anErrorOfTheReaderGoesThroughAndTheSequenceGoesOn() throws {
    let prefetcher = Prefetcher(loader: loader(), order: try order())
    #expect(throws: DataError.noCacheDirectory) {
      try prefetcher.withNext { _ in throw DataError.noCacheDirectory }
    }
    #expect(try take(1, prefetcher).first?.plan.step == 1)
  }
}
