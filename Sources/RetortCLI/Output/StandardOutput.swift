import Glibc
import RetortFormats

/// What cannot be written.
struct OutputError: Error, CustomStringConvertible {
  let code: Int32
  var description: String { "standard output: \(String(cString: strerror(code)))" }
}

/// Facts for the user or the next program, line by line.
enum StandardOutput {
  /// The first error that is not a reader's leaving.
  nonisolated(unsafe) private static var failure: OutputError?
  nonisolated(unsafe) private static var isClosed = false

  /// Whether a person is looking.
  static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// How many characters a line of the terminal has.
  static var columns: Int {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Writes `text` and a line's end; what nobody reads any more is dropped.
  static func write(_ text: String, terminator: String = "\n") {
    guard !isClosed else { return }
    guard let code = writeAll(text + terminator, to: STDOUT_FILENO) else { return }
    isClosed = true
    if code != EPIPE, code != EBADF { failure = OutputError(code: code) }
  }

  /// Writes a value as one line of JSON.
  static func write(_ json: JSONValue) { write(json.text) }

  /// Ends the output.
  ///
  /// - Throws: `OutputError` if something could not be written, but not where the reader left.
  static func finish() throws { if let failure { throw failure } }
}

/// Complaints and notes, which are no part of a command's result.
enum StandardError {
  /// Writes `text` and a line's end, as well as can be.
  static func write(_ text: String) { _ = writeAll(text + "\n", to: STDERR_FILENO) }
}

/// Writes every byte; returns the error that stopped it.
private func writeAll(_ text: String, to descriptor: Int32) -> Int32? {
  var text = text
  return text.withUTF8 { bytes in
    var rest = UnsafeRawBufferPointer(bytes)
    while !rest.isEmpty {
      let written = Glibc.write(descriptor, rest.baseAddress, rest.count)
      if written < 0, errno == EINTR { continue }
      if written < 0 { return errno }
      rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(written))
    }
    return nil
  }
}
