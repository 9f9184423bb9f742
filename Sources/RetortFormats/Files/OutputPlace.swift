import Glibc

/// Where the bytes of a file that is written end up.
enum OutputPlace {
  /// A regular file, behind all links: it is replaced once the new one is whole.
  case file(String, replacing: stat?)
  /// A pipe, a device or an open file: it takes bytes as they come and stays what it is.
  case stream

  /// What `path` leads to.
  ///
  /// - Throws: `FormatError.Fault.system` where that cannot be written.
  init(_ path: String) throws(FormatError) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      guard errno == ENOENT else { throw FormatError(path, .system(call: "open", code: errno)) }
      self = .file(try Self.target(of: path), replacing: nil)
      return
    }
    switch status.st_mode & S_IFMT {
    case S_IFDIR: throw FormatError(path, .system(call: "open", code: EISDIR))
    case S_IFREG where !path.hasPrefix("/dev/") && !path.hasPrefix("/proc/"):
      // What may not be written may not be replaced either, whatever its folder allows.
      guard access(path, W_OK) == 0 else {
        throw FormatError(path, .system(call: "open", code: errno))
      }
      self = .file(try Self.target(of: path), replacing: status)
    default: self = .stream
    }
  }

  /// The path that the links at `path` lead to, whether anything is there or not.
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
