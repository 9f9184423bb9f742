import Glibc

/// The destination that a written path resolves to.
enum OutputPlace {
  /// A regular file, with links resolved: it is replaced once the new one is complete.
  case file(String, replacing: stat?)
  /// A pipe, device or open file: bytes are written to it directly.
  case stream

  /// The destination at `path`.
  ///
  /// - Throws: `FormatError.Fault.system` if it cannot be written.
  init(_ path: String) throws(FormatError) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      guard errno == ENOENT else { throw FormatError(path, .system(call: "open", code: errno)) }
      self = .file(try Self.target(of: path), replacing: nil)
      return
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: throw FormatError(path, .system(call: "open", code: EISDIR))
    case S_IFREG where !Self.isOpenFile(path):
      // A file without write permission is not replaced either, even if its folder permits it.
      guard access(path, W_OK) == 0 else {
        throw FormatError(path, .system(call: "open", code: errno))
      }
      self = .file(try Self.target(of: path), replacing: status)
    default: self = .stream
    }
  }

  /// Whether a path names a file that the process has open, such as `/dev/stdout`; `/dev/shm` is a folder in
  /// memory.
  private static func isOpenFile(_ path: String) -> Bool {
    path.hasPrefix("/proc/") || path.hasPrefix("/dev/") && !path.hasPrefix("/dev/shm/")
  }

  /// The path with all links resolved, whether or not it exists.
  private static func target(of path: String) throws(FormatError) -> String {
    var target = path
    for _ in 0..<40 {
      var buffer = [CChar](repeating: 0, count: Int(PATH_MAX))
      let length = readlink(target, &buffer, buffer.count)
      guard length >= 0 else { return target }  // no link
      let next = String(
        decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
      let folder = FilePath.folder(of: target)
      target = next.hasPrefix("/") || folder.isEmpty ? next : "\(folder)/\(next)"
    }
    throw FormatError(path, .system(call: "open", code: ELOOP))
  }
}
