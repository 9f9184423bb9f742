import RetortFormats
import Synchronization

/// The search for pictures that cannot be used, before anything is computed of them.
enum PictureCheck {
  /// What is wrong with which of `count` pictures, in their order.
  ///
  /// - Parameter check: Looks at one of them; called from several threads.
  static func faults(
    _ count: Int, _ check: @Sendable (Int) throws(FormatError) -> Void
  ) -> [(index: Int, error: FormatError)] {
    let found = Mutex<[(index: Int, error: FormatError)]>([])
    WorkThreads.forEach(count, threads: min(4, WorkThreads.processorCount)) { index in
      do throws(FormatError) {
        try check(index)
      } catch {
        found.withLock { $0.append((index, error)) }
      }
    }
    return found.withLock { $0.sorted { $0.index < $1.index } }
  }

  /// The first ten faults and the number of the others, a line each.
  static func lines(_ faults: [(index: Int, error: FormatError)]) -> [String] {
    let shown = faults.prefix(10).map { "\($0.error)" }
    return shown + (faults.count > shown.count ? ["and \(faults.count - shown.count) more"] : [])
  }
}
