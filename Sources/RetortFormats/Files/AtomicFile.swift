import Glibc

/// Files that are either wholly written or not there at all.
///
/// Links are followed, and a file that is there passes its mode on. Pipes and devices are written to as
/// they are.
package enum AtomicFile {
  /// How the name of a file under way ends; what is left of a killed program ends so.
  package static let partialSuffix = ".partial"

  /// Where the bytes of a file go.
  package struct Writer {
    private let descriptor: Int32
    private let path: String

    /// Writes to an open file; `path` is for messages.
    package init(descriptor: Int32, path: String) {
      (self.descriptor, self.path) = (descriptor, path)
    }

    /// Appends `bytes`.
    package func append(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
      if let code = Descriptor.write(bytes, to: descriptor) {
        throw FormatError(path, .system(call: "write", code: code))
      }
    }

    /// Appends `bytes`.
    package func append(_ bytes: ArraySlice<UInt8>) throws(FormatError) {
      let outcome = bytes.withUnsafeBytes { raw in
        Result { () throws(FormatError) in try append(raw) }
      }
      try outcome.get()
    }
  }

  /// Writes `bytes` to `path`: beside it, sync, rename, sync the folder.
  ///
  /// - Throws: `FormatError.Fault.system`; whatever was at `path` is then as it was.
  package static func write(_ bytes: [UInt8], to path: String) throws(FormatError) {
    try write(to: path) { (writer: Writer) throws(FormatError) in
      try writer.append(bytes[...])
    }
  }

  /// Writes what `body` appends to `path`: beside it, sync, rename, sync the folder.
  ///
  /// - Throws: What `body` throws, or `FormatError.Fault.system`; whatever was at `path` is then
  ///   as it was, and the file beside it is removed.
  package static func write(
    to path: String, _ body: (Writer) throws(FormatError) -> Void
  ) throws(FormatError) {
    switch try OutputPlace(path) {
    case .file(let target, let old): try replace(target, old, body)
    case .stream: try stream(to: path, body)
    }
  }

  private static func stream(
    to path: String, _ body: (Writer) throws(FormatError) -> Void
  ) throws(FormatError) {
    let descriptor = open(path, O_WRONLY | O_APPEND | O_NOCTTY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FormatError(path, .system(call: "open", code: errno)) }
    defer { close(descriptor) }
    try body(Writer(descriptor: descriptor, path: path))
  }

  private static func replace(
    _ path: String, _ old: stat?, _ body: (Writer) throws(FormatError) -> Void
  ) throws(FormatError) {
    let (descriptor, beside) = try createBeside(path)
    var closed = false
    do throws(FormatError) {
      if let old {
        // Who may not give files away writes one of their own.
        _ = fchown(descriptor, old.st_uid, old.st_gid)
        guard fchmod(descriptor, old.st_mode & 0o7777) == 0 else {
          throw FormatError(path, .system(call: "fchmod", code: errno))
        }
      }
      try body(Writer(descriptor: descriptor, path: path))
      guard fsync(descriptor) == 0 else {
        throw FormatError(path, .system(call: "fsync", code: errno))
      }
      closed = true
      guard close(descriptor) == 0 else {
        throw FormatError(path, .system(call: "close", code: errno))
      }
      try rename(beside, to: path)
    } catch {
      if !closed { close(descriptor) }
      unlink(beside)
      throw error
    }
  }

  /// Moves a finished and synced file to its place and syncs the folder.
  package static func rename(_ beside: String, to path: String) throws(FormatError) {
    guard Glibc.rename(beside, path) == 0 else {
      throw FormatError(path, .system(call: "rename", code: errno))
    }
    let name = FilePath.folder(of: path)
    let folder = open(name.isEmpty ? "." : name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { return }  // renamed all the same; the folder cannot be synced
    defer { close(folder) }
    guard fsync(folder) == 0 || errno == EINVAL || errno == EROFS else {
      throw FormatError(path, .system(call: "fsync", code: errno))
    }
  }

  /// Waits until the bytes of the file at `path` are on the disk.
  package static func sync(_ path: String) throws(FormatError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw FormatError(path, .system(call: "open", code: errno)) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else {
      throw FormatError(path, .system(call: "fsync", code: errno))
    }
  }

  /// Removes the file at `path`, if there is one and it can be.
  package static func remove(_ path: String) { unlink(path) }

  /// Makes the folder `path` and those above it, where they are missing.
  package static func makeDirectories(_ path: String) throws(FormatError) {
    var partial = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      partial += part + "/"
      guard mkdir(partial, 0o777) == 0 || errno == EEXIST || errno == EISDIR else {
        throw FormatError(partial, .system(call: "mkdir", code: errno))
      }
    }
  }

  private static func createBeside(_ path: String) throws(FormatError) -> (Int32, String) {
    var attempt = 0
    while true {
      let beside = "\(path).\(getpid())-\(attempt)\(partialSuffix)"
      let descriptor = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      if descriptor >= 0 { return (descriptor, beside) }
      guard errno == EEXIST, attempt < 1000 else {
        throw FormatError(path, .system(call: "open", code: errno))
      }
      attempt += 1
    }
  }
}
