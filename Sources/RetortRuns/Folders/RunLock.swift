import Glibc
import RetortFormats

/// A lock on a run's folder, held until this object is released or the process ends.
public final class RunLock {
  private let descriptor: Int32

  /// Locks the folder at `path`; nil if another process holds the lock.
  ///
  /// On a file system without locks every folder counts as unlocked.
  ///
  /// - Throws: `FormatError` if the folder cannot be opened.
  public init?(_ path: String) throws(FormatError) {
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FormatError(path, .system(call: "open", code: errno)) }
    if flock(descriptor, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK { return nil }
  }

  deinit {
    // A child process being started may have a copy of the descriptor, and with it the lock.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
