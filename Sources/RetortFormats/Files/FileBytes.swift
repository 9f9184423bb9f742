import Glibc
import RetortCore

/// The bytes of whole files.
///
/// Files are read, not mapped, because truncation of a mapped file by another process kills the reader.
package enum FileBytes {
  /// Reads all bytes of the regular file at `path`.
  ///
  /// - Throws: `FormatError` if it cannot be read, is not a regular file, or exceeds `limit` bytes or the
  ///   available memory.
  package static func read(_ path: String, limit: Int = 1 << 36) throws(FormatError) -> [UInt8] {
    try withRegularFile(path) { (descriptor, size) throws(FormatError) in
      // A sparse file may be larger than the disk.
      let room = size > 1 << 26 ? min(limit, HostMemory.available) : limit
      guard size <= room else {
        throw FormatError(path, .tooLarge(found: UInt64(size), limit: UInt64(room)))
      }
      let bytes = try part(of: descriptor, 0, size, path)
      guard bytes.count == size else {
        throw FormatError(
          path, at: bytes.count, .truncated(needed: size - bytes.count, available: 0))
      }
      return bytes
    }
  }

  /// Calls `body` with a descriptor of the regular file at `path`, and its size in bytes.
  ///
  /// - Throws: `FormatError` if it cannot be opened or is not a regular file, and what `body` throws.
  static func withRegularFile<Result>(
    _ path: String, _ body: (Int32, Int) throws(FormatError) -> Result
  ) throws(FormatError) -> Result {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FormatError(path, .system(call: "open", code: errno)) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw FormatError(path, .system(call: "fstat", code: errno))
    }
    guard status.st_mode & S_IFMT == S_IFREG else { throw FormatError(path, .notARegularFile) }
    return try body(descriptor, Int(status.st_size))
  }

  /// Up to `count` bytes of an open file from `offset` on; fewer at its end.
  ///
  /// - Throws: `FormatError` if it cannot be read.
  static func part(
    of descriptor: Int32, _ offset: Int, _ count: Int, _ path: String
  ) throws(FormatError) -> [UInt8] {
    var failure: Int32 = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      filled = 0
      while filled < count, let base = buffer.baseAddress {
        let got = pread(descriptor, base + filled, count - filled, off_t(offset + filled))
        if got > 0 {
          filled += got
        } else if got == 0 {
          break
        } else if errno != EINTR {
          failure = errno
          break
        }
      }
    }
    guard failure == 0 else { throw FormatError(path, .system(call: "read", code: failure)) }
    return bytes
  }

  /// Whether there is a regular file at `path` that can be opened for reading.
  package static func isReadable(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
      && access(path, R_OK) == 0
  }

  /// The size in bytes of the file at `path`; nil if there is none.
  package static func size(_ path: String) -> Int? {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : nil
  }
}
