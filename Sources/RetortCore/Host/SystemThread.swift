import Glibc

/// A thread of the system that runs one closure.
package struct SystemThread: Sendable {
  private final class Work: Sendable {
    let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  private let identifier: pthread_t

  /// Starts a thread that calls `body`; nil if the system refuses it.
  package init?(_ body: @escaping @Sendable () -> Void) {
    let context = Unmanaged.passRetained(Work(body))
    var identifier = pthread_t()
    let status = pthread_create(
      &identifier, nil,
      { raw in
        guard let raw else { return nil }
        Unmanaged<Work>.fromOpaque(raw).takeRetainedValue().body()
        return nil
      }, context.toOpaque())
    guard status == 0 else {
      context.release()
      return nil
    }
    self.identifier = identifier
  }

  /// Waits for the end of the thread; every thread is joined or detached once.
  package func join() { pthread_join(identifier, nil) }

  /// Lets the thread end on its own.
  package func detach() { pthread_detach(identifier) }
}
