import Glibc
import RetortFormats

/// Keeps other processes out of a run's folder for as long as it lives, or its process.
public final class RunLock {
  private let descriptor: Int32

  /// Locks the folder at `path`; nil where another process has.
  ///
  /// A file system that knows no locks counts as unlocked.
  ///
  /// - Throws: `FormatError` if the folder cannot be opened.
  public init?(_ path: String) throws(FormatError) {
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FormatError(path, .system(call: "open", code: errno)) }
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK { return nil }
  }

  deinit {
    // A child process that is just being started has the descriptor too, and with it the lock.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
