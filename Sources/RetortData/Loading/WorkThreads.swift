import Glibc
import RetortCore
import Synchronization

/// Threads that share the items of one piece of work.
package enum WorkThreads {
  /// The processors of this machine.
  package static var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

  /// Calls `body` with each number below `count` once, on up to `threads` threads, this one among them, and
  /// returns after the last.
  package static func forEach(_ count: Int, threads: Int, _ body: @Sendable (Int) -> Void) {
    // The threads are joined before the body ends.
    withoutActuallyEscaping(body) { body in
      let work = Work(count, body)
      let others = (1..<max(1, min(threads, count))).compactMap { _ in
        SystemThread { work.run() }
      }
      work.run()
      for thread in others { thread.join() }
    }
  }

  private final class Work: Sendable {
    private let next = Atomic(0)
    private let count: Int
    private let body: @Sendable (Int) -> Void

    init(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
      (self.count, self.body) = (count, body)
    }

    /// Takes items until none is left.
    func run() {
      while true {
        let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
        guard index < count else { return }
        body(index)
      }
    }
  }
}

extension Dataset {
  /// Writes one field of the examples at `indices` to `target`, one after the other, on `loadingThreads`
  /// threads.
  ///
  /// - Throws: The error of the first example that cannot be read.
  package func write(
    _ indices: Range<Int>, field: Int, into target: UnsafeMutableRawBufferPointer
  ) throws(DataError) {
    let size = fields[field].byteCount
    precondition(target.count >= indices.count * size, "the buffer must hold all examples")
    let failures = Mutex<[Int: DataError]>([:])
    nonisolated(unsafe) let target = target
    WorkThreads.forEach(indices.count, threads: loadingThreads) { row in
      let part = UnsafeMutableRawBufferPointer(rebasing: target[row * size..<(row + 1) * size])
      do throws(DataError) {
        try write(indices.lowerBound + row, field: field, into: part)
      } catch {
        failures.withLock { $0[row] = error }
      }
    }
    let first = failures.withLock { $0.min { $0.key < $1.key } }
    if let first { throw first.value }
  }
}
