import ArgumentParser
import Glibc
import RetortFormats

/// Where a result goes: a file, or the standard output where it is called `-` or `/dev/stdout`.
struct OutputFile: ExpressibleByArgument {
  let path: String

  init(_ path: String) { self.path = path }

  /// A path whose home is not known stays as it is, which writing then refuses.
  init?(argument: String) { path = (try? FilePath.expanded(argument)) ?? argument }

  static var defaultCompletionKind: CompletionKind { .file() }

  /// Whether the result is the only thing on the standard output.
  var isStandardOutput: Bool { ["-", "/dev/stdout", "/dev/fd/1"].contains(path) }

  /// Whether a regular file is there.
  var isRegular: Bool {
    var status = stat()
    return !isStandardOutput && stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG
  }

  /// Writes the whole result.
  ///
  /// Links are followed, a file that is there keeps its mode, pipes and devices stay what they are.
  func write(_ bytes: [UInt8]) throws(FormatError) {
    guard !isStandardOutput else { return StandardOutput.send(bytes) }
    try AtomicFile.write(bytes, to: FilePath.expanded(path))
  }

  /// Refuses JSON about a result that goes to the standard output itself.
  func check(besides format: JSONOption) throws {
    guard isStandardOutput, format.json else { return }
    throw ValidationError("'-' is the standard output, where '--json' would stand too; drop one.")
  }
}
