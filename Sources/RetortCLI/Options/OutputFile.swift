import ArgumentParser
import Glibc
import RetortFormats

/// The destination of a result: a file, or the standard output for `-` or `/dev/stdout`.
struct OutputFile: ExpressibleByArgument {
  let path: String

  init(_ path: String) { self.path = path }

  /// If the home is unknown, the path is kept as it is, and writing reports the fault.
  init?(argument: String) { path = (try? FilePath.expanded(argument)) ?? argument }

  var defaultValueDescription: String { path }

  static var defaultCompletionKind: CompletionKind { .file() }

  /// Whether the result goes to the standard output.
  var isStandardOutput: Bool { ["-", "/dev/stdout", "/dev/fd/1"].contains(path) }

  /// Whether a regular file exists at the path.
  var isRegular: Bool {
    var status = stat()
    return !isStandardOutput && stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Writes the whole result.
  ///
  /// Links are followed, an existing file keeps its mode, and pipes and devices are written to directly.
  func write(_ bytes: [UInt8]) throws(FormatError) {
    guard !isStandardOutput else { return StandardOutput.send(bytes) }
    try AtomicFile.write(bytes, to: FilePath.expanded(path))
  }

  /// Rejects `--json` if the result goes to the standard output itself.
  func check(besides format: JSONOption) throws {
    guard isStandardOutput, format.json else { return }
    throw ValidationError("'-' is the standard output, where '--json' would stand too; drop one.")
  }
}
