/// The limits on a download's speed.
package struct DownloadBounds: Sendable {
  /// The least number of bytes that must arrive within each `window`.
  package var leastBytes = 64 << 10
  /// The length of a window; together with the size limit it bounds the whole download.
  package var window = Duration.seconds(60)

  /// At least 64 KiB per minute.
  package init() {}
}

/// A check of one download's size and speed.
struct DownloadWatch {
  private let url: String
  private let limit: Int
  private let bounds: DownloadBounds
  private var windowStart = ContinuousClock.now
  private var receivedBefore: Int

  /// A check of a file of at most `limit` bytes, of which `received` have arrived.
  init(_ url: String, limit: Int, received: Int, _ bounds: DownloadBounds) {
    (self.url, self.limit, receivedBefore) = (url, limit, received)
    self.bounds = bounds
  }

  /// Checks the size and the speed after `received` bytes.
  ///
  /// - Throws: `FetchError.tooLarge` or `.tooSlow`.
  mutating func check(received: Int) throws(FetchError) {
    guard received <= limit else { throw .tooLarge(url: url, limit: limit) }
    // A downloader that restarts from the beginning truncates the file.
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
