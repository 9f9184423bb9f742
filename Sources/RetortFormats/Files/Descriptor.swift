import Glibc

/// Open files, pipes and devices.
package enum Descriptor {
  /// Writes every byte; waits where the other end is slow, even if `descriptor` would not.
  ///
  /// - Returns: The `errno` that stopped it; nil if nothing did.
  package static func write(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32? {
    var rest = bytes
    while !rest.isEmpty {
      let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
      if written >= 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        var wanted = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        if poll(&wanted, 1, -1) < 0, errno != EINTR { return errno }
      default: return errno
      }
    }
    return nil
  }
}
