import Synchronization

/// Gives out the numbers from 0 to a count to whoever asks, each once.
package final class TaskCounter: Sendable {
  private let count: Int
  private let next = Atomic<Int>(0)

  /// Numbers below `count`.
  package init(_ count: Int) { self.count = count }

  /// The next number; nil when all have been given out.
  package func take() -> Int? {
    let task = next.add(1, ordering: .relaxed).oldValue
    return task < count ? task : nil
  }
}
