import Glibc

/// Turns the first Ctrl-C into a wish to stop; a second one ends the program at once.
enum Interruption {
  nonisolated(unsafe) private static var flag: sig_atomic_t = 0

  /// Whether the user wants to stop.
  static var isWanted: Bool { flag != 0 }

  /// From now on Ctrl-C and termination wait for the end of a step.
  static func listen() {
    // A program that starts this one may have left signals blocked, and the mask is inherited.
    var set = sigset_t()
    sigemptyset(&set)
    for number in [SIGINT, SIGTERM] {
      sigaddset(&set, number)
      signal(number) { number in
        Interruption.flag = 1
        signal(number, SIG_DFL)
      }
    }
    pthread_sigmask(SIG_UNBLOCK, &set, nil)
  }
}
