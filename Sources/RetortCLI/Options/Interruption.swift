import Glibc

/// The handling of Ctrl-C: the first requests a stop, the second ends the program at once.
enum Interruption {
  nonisolated(unsafe) private static var flag: sig_atomic_t = 0
  private static let answer: StaticString = """
    retort: stopping as soon as the step under way has ended; once more stops at once

    """

  /// Whether the user has requested a stop.
  static var isWanted: Bool { flag != 0 }

  /// Starts handling of Ctrl-C, a closed terminal and a request to terminate, each of which then waits for
  /// the end of a step.
  ///
  /// A signal that is already ignored, as in a background job or under `nohup`, stays ignored.
  static func listen() {
    // The parent process may have left signals blocked, and the mask is inherited.
    var set = sigset_t()
    sigemptyset(&set)
    _ = answer.utf8CodeUnitCount  // made before a signal needs it
    for number in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(number) {
      sigaddset(&set, number)
      signal(number) { number in
        Interruption.flag = 1
        signal(number, SIG_DFL)
        // The answer begins on a line of its own. Only async-signal-safe functions such as `write` may be
        // called here.
        let before = errno
        if isatty(STDERR_FILENO) == 1 { write(STDERR_FILENO, "\n", 1) }
        write(STDERR_FILENO, Interruption.answer.utf8Start, Interruption.answer.utf8CodeUnitCount)
        errno = before
      }
    }
    pthread_sigmask(SIG_UNBLOCK, &set, nil)
  }

  private static func isIgnored(_ number: Int32) -> Bool {
    var action = sigaction()
    sigaction(number, nil, &action)
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self)
      == unsafeBitCast(SIG_IGN, to: Int.self)
  }
}
