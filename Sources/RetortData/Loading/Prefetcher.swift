import RetortCore

/// Loads batches ahead of their use in background threads.
///
/// The batches and their order are those of the `BatchOrder`, whatever the number of threads.
public final class Prefetcher: Sendable {
  private let ring: PrefetchRing
  private let threads: [PrefetchThread]

  /// Begins to load.
  ///
  /// - Parameters:
  ///   - loader: What makes the batches.
  ///   - order: Which examples stand in them; must be of the loader's dataset.
  ///   - batchLimit: How many batches there are in all; nil means no end.
  ///   - depth: How many batches are held ready, at least 1.
  ///   - threads: How many threads load; with 0, or where the system grants none, the reader does.
  public init(
    loader: BatchLoader, order: BatchOrder, batchLimit: Int? = nil, depth: Int = 3,
    threads: Int = 1
  ) {
    precondition(depth > 0 && threads >= 0, "a Prefetcher needs a depth of at least 1")
    precondition(
      order.count == loader.dataset.count, "the order must be of the loader's dataset")
    let ring = PrefetchRing(loader: loader, order: order, batchLimit: batchLimit, depth: depth)
    self.ring = ring
    self.threads = (0..<threads).compactMap { _ in PrefetchThread(ring) }
  }

  deinit {
    ring.stop()
    for thread in threads { thread.join() }
  }

  /// The place from which to go on after the last batch that was given out.
  public var position: BatchOrder.Position { ring.position }

  /// Gives the next batch to `body`, waiting for it where needed.
  ///
  /// One batch is out at a time; do not call this from two threads or from within `body`.
  ///
  /// - Returns: What `body` returns, or nil after the last batch.
  public func withNext<Output, Failure: Error>(
    _ body: (LoadedBatch) throws(Failure) -> Output
  ) throws(Failure) -> Output? {
    if threads.isEmpty { ring.fillNext() }
    guard let batch = ring.take() else { return nil }
    defer { ring.giveBack() }
    return try body(batch)
  }
}

/// A batch ready for the device; its memory is valid only while it is given out.
public struct LoadedBatch {
  /// The examples, their number and their place.
  public let plan: PlannedBatch
  /// What the loader's fields are in this batch, `[batch, …]` each.
  public let fields: [UnsafeRawBufferPointer]
  /// The classes, `[batch]`.
  public let labels: UnsafeBufferPointer<Int32>
}
