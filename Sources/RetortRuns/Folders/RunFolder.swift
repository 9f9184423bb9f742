import Glibc
import RetortFormats

/// The folder that a run writes, laid out so that other programs may rely on it.
///
/// Files are written atomically, but for `metrics.jsonl` and the event files, which grow by whole
/// lines and records.
public struct RunFolder: Sendable {
  /// Where it is.
  public let path: String

  /// The folder at `path`, which need not exist before something is written.
  public init(_ path: String) { self.path = path }

  /// A folder inside this one.
  public func folder(_ name: String) -> RunFolder { RunFolder(file(name)) }

  /// Makes the folder where it is missing.
  ///
  /// - Throws: `FormatError` if it cannot be made.
  public func make() throws(FormatError) { try AtomicFile.makeDirectories(path) }

  /// Where a file of this folder lies.
  public func file(_ name: String) -> String { path + "/" + name }

  /// Removes what a killed program left half written, here and in the folders inside.
  ///
  /// - Throws: `FormatError` if a folder cannot be read.
  public func removeHalfWritten() throws(FormatError) {
    for name in try FolderEntries.names(path) {
      if name.hasSuffix(AtomicFile.partialSuffix) {
        AtomicFile.remove(file(name))
      } else if FolderEntries.isFolder(file(name)) {
        try folder(name).removeHalfWritten()
      }
    }
  }

  /// Writes a whole text file.
  public func write(_ text: String, to name: String) throws(FormatError) {
    try make()
    try AtomicFile.write(Array(text.utf8), to: file(name))
  }

  /// Adds one line to a file that grows.
  public func append(line: String, to name: String) throws(FormatError) {
    try append(Array((line + "\n").utf8), to: name)
  }

  /// Adds bytes to a file that grows.
  public func append(_ bytes: [UInt8], to name: String) throws(FormatError) {
    let path = file(name)
    // Opening a pipe would otherwise wait for somebody to read from it.
    let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK
    let descriptor = open(path, flags, 0o644)
    guard descriptor >= 0 else {
      guard errno != ENXIO else { throw FormatError(path, .notARegularFile) }
      throw FormatError(path, .system(call: "open", code: errno))
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw FormatError(path, .notARegularFile)
    }
    try AtomicFile.Writer(descriptor: descriptor, path: path).append(bytes[...])
  }
}
