import Glibc

/// Files that are written completely or not at all.
///
/// Links are followed, and an existing file passes its mode on. Pipes and devices are written to directly.
package enum AtomicFile {
  /// The suffix of a partial file, which a killed process leaves behind.
  package static let partialSuffix = ".partial"

  /// The destination of a file's bytes.
  package struct Writer {
    private let descriptor: Int32
    private let path: String

    /// A writer to an open file; `path` is for messages.
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

  /// Writes `bytes` to `path`: to a file beside it, then sync, rename, and sync of the folder.
  ///
  /// - Throws: `FormatError.Fault.system`; an existing file at `path` is then unchanged.
  package static func write(_ bytes: [UInt8], to path: String) throws(FormatError) {
    try write(to: path) { (writer: Writer) throws(FormatError) in
      try writer.append(bytes[...])
    }
  }

  /// Writes the bytes that `body` appends to `path`: to a file beside it, then sync, rename, and sync of the
  /// folder.
  ///
  /// - Throws: The errors of `body`, or `FormatError.Fault.system`; an existing file at `path` is then
  ///   unchanged, and the file beside it is removed.
  package static func write(
    to path: String, _ body: (Writer) throws(FormatError) -> Void
  ) throws(FormatError) {
    switch try OutputPlace(path) {
    case .file(let target, let old): try replace(target, old, body)
    case .stream: try stream(to: path, body)
    }
  }

  /// Whether bytes for `path` go into a pipe or device, rather than into a file of a folder.
  ///
  /// - Throws: `FormatError.Fault.system` if nothing can be written there.
  package static func isStream(_ path: String) throws(FormatError) -> Bool {
    if case .stream = try OutputPlace(path) { true } else { false }
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
        // A process that may not give files away keeps the new file as its own.
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

  /// Renames a complete and synced file to `path` and syncs the folder.
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

  /// Removes the file at `path`; failures are ignored.
  package static func remove(_ path: String) { unlink(path) }

  /// Creates the folder `path` and its parents, where they are missing.
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
