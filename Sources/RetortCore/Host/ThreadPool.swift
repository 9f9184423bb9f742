import Glibc

/// A pool of helper threads, as many as the system allows.
///
/// Where it allows none, for instance because of `ulimit -u`, the caller does all the work. Dispatch is not
/// used because a process that is refused a thread waits for it forever.
package final class ThreadPool: @unchecked Sendable {
  /// The threads of this process.
  package static let shared = ThreadPool()

  // Everything below is accessed under the mutex only.
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let begins = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private let ends = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
  private var threadCount = 0
  private var mayGrow = true
  private var isBusy = false
  private var body: ((Int) -> Void)?
  private var wanted = 0  // helpers that may still join the work
  private var joined = 0
  private var running = 0

  /// A pool that starts threads on demand, at most `limit`.
  package init(limit: Int = .max) {
    self.limit = limit
    pthread_mutex_init(mutex, nil)
    pthread_cond_init(begins, nil)
    pthread_cond_init(ends, nil)
  }

  private let limit: Int

  /// Calls `body` with 0 on this thread and with 1, 2, … up to `helpers` on helper threads; returns when all
  /// calls have.
  ///
  /// A helper that is not ready before the work ends is left out; there are none while another caller's work
  /// is under way.
  package func run(helpers: Int, _ body: (_ worker: Int) -> Void) {
    withoutActuallyEscaping(body) { escaping in
      let hasHelpers = begin(helpers, escaping)
      body(0)
      if hasHelpers { end() }
    }
  }

  /// Calls `body` once for each number below `count`, in no order.
  package func perform(_ count: Int, _ body: @Sendable (Int) -> Void) {
    let next = TaskCounter(count)
    run(helpers: count - 1) { _ in
      while let task = next.take() { body(task) }
    }
  }

  private func begin(_ helpers: Int, _ body: @escaping (Int) -> Void) -> Bool {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    guard helpers > 0, !isBusy else { return false }
    while threadCount < min(helpers, limit), mayGrow {
      mayGrow = start()
      threadCount += mayGrow ? 1 : 0
    }
    guard threadCount > 0 else { return false }
    (self.body, isBusy, joined) = (body, true, 0)
    wanted = min(helpers, threadCount)
    pthread_cond_broadcast(begins)
    return true
  }

  private func end() {
    pthread_mutex_lock(mutex)
    wanted = 0
    while running > 0 { pthread_cond_wait(ends, mutex) }
    (body, isBusy) = (nil, false)
    pthread_mutex_unlock(mutex)
  }

  /// The loop of a helper thread: waits for work and joins it.
  private func help() {
    pthread_mutex_lock(mutex)
    while true {
      while wanted == 0 { pthread_cond_wait(begins, mutex) }
      wanted -= 1
      joined += 1
      running += 1
      let (worker, body) = (joined, body)
      pthread_mutex_unlock(mutex)
      body?(worker)
      pthread_mutex_lock(mutex)
      running -= 1
      if running == 0 { pthread_cond_signal(ends) }
    }
  }

  /// Starts a helper thread that lives as long as the process; false if the system refuses it.
  private func start() -> Bool {
    guard let thread = SystemThread({ [self] in help() }) else { return false }
    thread.detach()
    return true
  }
}
