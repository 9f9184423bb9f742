import RetortCore

/// Loads batches ahead of their use in background threads.
///
/// The batches and their order are those of the `BatchOrder`, whatever the number of threads.
public final class Prefetcher: Sendable {
  private let ring: PrefetchRing
  private let threads: [SystemThread]

  /// Starts loading.
  ///
  /// - Parameters:
  ///   - loader: The loader of the batches.
  ///   - order: The order of the examples, of the loader's dataset.
  ///   - batchLimit: The number of batches in all; nil for no end.
  ///   - depth: The number of batches held ready, ≥ 1; nil for two, and one for each thread.
  ///   - threads: The number of loading threads; with 0, or if the system grants none, the reader loads; nil
  ///     for as many as the dataset asks for.
  public init(
    loader: BatchLoader, order: BatchOrder, batchLimit: Int? = nil,
    depth: Int? = nil, threads: Int? = nil
  ) {
    let threads = threads ?? loader.dataset.loadingThreads
    let depth = depth ?? 2 + max(1, threads)
    precondition(depth > 0 && threads >= 0, "a Prefetcher needs a depth of at least 1")
    precondition(
      order.count == loader.dataset.count, "the order must be of the loader's dataset")
    let ring = PrefetchRing(loader: loader, order: order, batchLimit: batchLimit, depth: depth)
    self.ring = ring
    self.threads = (0..<threads).compactMap { _ in SystemThread { ring.work() } }
  }

  deinit {
    ring.stop()
    for thread in threads { thread.join() }
  }

  /// The position after the last batch passed on.
  public var position: BatchOrder.Position { ring.position }

  /// Passes the next batch to `body`, after waiting for it if needed.
  ///
  /// Only one batch is in use at a time; do not call this from two threads or from within `body`.
  ///
  /// - Returns: The result of `body`, or nil after the last batch.
  /// - Throws: `DataError` for a batch with an example that cannot be read, once its turn has come; the errors
  ///   of `body`.
  public func withNext<Output>(_ body: (LoadedBatch) throws -> Output) throws -> Output? {
    if threads.isEmpty { ring.fillNext() }
    guard let batch = try ring.take() else { return nil }
    defer { ring.giveBack() }
    return try body(batch)
  }
}

/// A batch ready for the device; its memory is valid only while `withNext` runs.
public struct LoadedBatch {
  /// The indices of its examples, with its number and position.
  public let plan: PlannedBatch
  /// The loader's fields for this batch, `[batch, …]` each.
  public let fields: [UnsafeRawBufferPointer]
  /// The labels, `[batch]`.
  public let labels: UnsafeBufferPointer<Int32>
}
