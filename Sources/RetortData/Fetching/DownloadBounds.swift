/// How large and how slow a download may be.
package struct DownloadBounds: Sendable {
  /// The bytes that must arrive at least within each `window`.
  package var leastBytes = 64 << 10
  /// The time within which they must; that bounds the time of the whole as well.
  package var window = Duration.seconds(60)

  /// At least 64 KiB a minute.
  package init() {}
}

/// Watches one file as it arrives.
struct DownloadWatch {
  private let url: String
  private let limit: Int
  private let bounds: DownloadBounds
  private var windowStart = ContinuousClock.now
  private var receivedBefore: Int

  /// A file of at most `limit` bytes, of which `received` are there.
  init(_ url: String, limit: Int, received: Int, _ bounds: DownloadBounds) {
    (self.url, self.limit, receivedBefore) = (url, limit, received)
    self.bounds = bounds
  }

  /// - Throws: `FetchError.tooLarge` or `.tooSlow`.
  mutating func check(received: Int) throws(FetchError) {
    guard received <= limit else { throw .tooLarge(url: url, limit: limit) }
    // A program that begins anew cuts the file off.
    receivedBefore = min(receivedBefore, received)
    guard received - receivedBefore < bounds.leastBytes else {
      (windowStart, receivedBefore) = (.now, received)
      return
    }
    guard ContinuousClock.now - windowStart < bounds.window else {
      throw .tooSlow(
        url: url, received: received - receivedBefore,
        seconds: Int(bounds.window.components.seconds))
    }
  }
}
