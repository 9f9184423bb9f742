import RetortFormats
import Synchronization

/// What becomes of pictures that cannot be read.
public enum PictureDamage: String, CaseIterable, Sendable {
  /// They are an error.
  case refuse
  /// They are left out.
  case skip
}

/// The search for pictures that cannot be used, before anything is computed of them.
enum PictureCheck {
  /// The places in `store` of pictures that are left out, and what to say of them.
  ///
  /// - Parameters:
  ///   - store: The pictures, of which the headers are looked at, or where they are skipped all.
  ///   - folder: Where they are, for messages.
  ///   - known: Faults that have been found already.
  ///   - skips: Whether they may be left out.
  /// - Throws: `DataError.damagedPictures` where none may be left out.
  static func unusable(
    _ store: PictureStore, in folder: String, known: [FormatError] = [], skips: Bool
  ) throws(DataError) -> (places: Set<Int>, notes: [String]) {
    let faults = faults(store.sources.count) { index throws(FormatError) in
      try store.check(index, decoding: skips)
    }
    let all = known + faults.map(\.error)
    guard !all.isEmpty else { return ([], []) }
    let error = DataError.damagedPictures(
      folder: folder, faults: lines(all), count: all.count,
      total: store.sources.count + known.count, isSkipped: skips)
    guard skips else { throw error }
    return (Set(faults.map(\.index)), ["\(error)"])
  }

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
  private static func lines(_ faults: [FormatError]) -> [String] {
    let shown = faults.prefix(10).map { "\($0)" }
    return shown + (faults.count > shown.count ? ["and \(faults.count - shown.count) more"] : [])
  }
}
