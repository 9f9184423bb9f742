import Glibc

/// Reading and writing of open files, pipes and devices.
package enum Descriptor {
  /// Reads to the end of a file, pipe or terminal.
  ///
  /// - Parameter name: The name in messages.
  /// - Throws: `FormatError` if it cannot be read or has more than `limit` bytes.
  package static func read(
    _ descriptor: Int32, name: String, limit: Int = 1 << 31
  ) throws(FormatError) -> [UInt8] {
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = Glibc.read(descriptor, &part, part.count)
      if count == 0 { return bytes }
      guard count > 0 else {
        if errno == EINTR { continue }
        throw FormatError(name, .system(call: "read", code: errno))
      }
      bytes += part[..<count]
      guard bytes.count <= limit else {
        throw FormatError(name, .tooLarge(found: UInt64(bytes.count), limit: UInt64(limit)))
      }
    }
  }

  /// Writes every byte; waits for a slow reader, even if `descriptor` is non-blocking.
  ///
  /// - Returns: The `errno` of a failure; nil on success.
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
