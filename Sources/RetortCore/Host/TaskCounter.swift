import Synchronization

/// A counter shared between threads that hands out each number from 0 up to a count once.
package final class TaskCounter: Sendable {
  private let count: Int
  private let next = Atomic<Int>(0)

  /// A counter of the numbers below `count`.
  package init(_ count: Int) { self.count = count }

  /// The next number; nil when all have been given out.
  package func take() -> Int? {
    let task = next.add(1, ordering: .relaxed).oldValue
    return task < count ? task : nil
  }
}
