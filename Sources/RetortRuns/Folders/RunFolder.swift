import Glibc
import RetortFormats

/// The folder that a run writes, in a layout that other programs may rely on.
///
/// Files are written atomically, except for `metrics.jsonl` and the event files, which grow by complete lines
/// and records.
public struct RunFolder: Sendable {
  /// The path of the folder.
  public let path: String

  /// The folder at `path`, which is created by the first write.
  public init(_ path: String) { self.path = path }

  /// A subfolder of this folder.
  public func folder(_ name: String) -> RunFolder { RunFolder(file(name)) }

  /// Creates the folder if it is missing.
  ///
  /// - Throws: `FormatError` if it cannot be created.
  public func make() throws(FormatError) { try AtomicFile.makeDirectories(path) }

  /// The path of a file in this folder.
  public func file(_ name: String) -> String { path + "/" + name }

  /// Removes partial files that a killed process left, here and in subfolders.
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

  /// Appends one line to a file.
  public func append(line: String, to name: String) throws(FormatError) {
    try append(Array((line + "\n").utf8), to: name)
  }

  /// Appends bytes to a file.
  public func append(_ bytes: [UInt8], to name: String) throws(FormatError) {
    let path = file(name)
    // Opening a pipe would otherwise block until it has a reader.
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
