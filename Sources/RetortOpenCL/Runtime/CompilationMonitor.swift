import Synchronization

/// What is told how many kernels are compiled, and asked whether to go on.
final class CompilationMonitor: Sendable {
  private let handler = Mutex<(@Sendable (_ done: Int, _ total: Int) -> Bool)?>(nil)

  /// From now on `handler` is told.
  func watch(_ handler: @escaping @Sendable (_ done: Int, _ total: Int) -> Bool) {
    self.handler.withLock { $0 = handler }
  }

  /// Tells that `done` of `total` kernels are compiled; the first time none, and in the end all.
  ///
  /// - Throws: `OpenCLError.cancelled` if nobody wants the others.
  func note(_ done: Int, of total: Int) throws(OpenCLError) {
    guard total > 0, let handler = handler.withLock({ $0 }) else { return }
    if !handler(done, total) { throw .cancelled }
  }
}
