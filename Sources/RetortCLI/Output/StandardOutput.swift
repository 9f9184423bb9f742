import Glibc
import RetortFormats

/// A failure to write the standard output.
struct OutputError: Error, CustomStringConvertible {
  let code: Int32
  var description: String { "standard output: \(String(cString: strerror(code)))" }
}

/// The standard output, for results, line by line.
enum StandardOutput {
  /// The first error other than that of a closed pipe.
  nonisolated(unsafe) private static var failure: OutputError?
  nonisolated(unsafe) private static var isClosed = false
  /// Whether the cursor is after a line that may be rewritten.
  nonisolated(unsafe) private static var isLineOpen = false

  /// Whether the output goes to a terminal.
  static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Whether lines can be rewritten, on a terminal that supports it.
  static var isLive: Bool {
    guard isTerminal, let kind = getenv("TERM").map({ String(cString: $0) }) else { return false }
    return !kind.isEmpty && kind != "dumb"
  }

  /// The width of the terminal in characters.
  static var columns: Int {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Writes `text` and a newline; does nothing once the reader has closed the output.
  static func write(_ text: String) {
    endLine()
    send(Array((text.plain(keepingLines: true) + "\n").utf8))
  }

  /// Writes a value as one line of JSON.
  static func write(_ json: JSONValue) { write(json.text) }

  /// Replaces the line that may be rewritten, and leaves the cursor after it.
  static func rewrite(_ line: String) {
    isLineOpen = true
    send(Array(("\r" + line.plain(keepingLines: false) + "\u{1B}[K").utf8))
  }

  /// Clears the line that may be rewritten.
  static func clearLine() {
    guard isLineOpen else { return }
    rewrite("")
    send([UInt8(ascii: "\r")])
    isLineOpen = false
  }

  /// Ends the line that may be rewritten, so that it stays.
  static func endLine() {
    guard isLineOpen else { return }
    isLineOpen = false
    send([UInt8(ascii: "\n")])
  }

  /// Writes bytes unchanged; does nothing once the reader has closed the output.
  static func send(_ bytes: [UInt8]) {
    guard !isClosed,
      let code = bytes.withUnsafeBytes({ Descriptor.write($0, to: STDOUT_FILENO) })
    else { return }
    isClosed = true
    if code != EPIPE, code != EBADF { failure = OutputError(code: code) }
  }

  /// Checks that all output has been written.
  ///
  /// - Throws: `OutputError` if something could not be written, unless the reader had closed the output.
  static func finish() throws { if let failure { throw failure } }
}

/// The standard error, for messages that are not part of a command's result.
enum StandardError {
  /// Writes `text` of one or several lines; failures are ignored.
  static func write(_ text: String) {
    StandardOutput.endLine()
    let bytes = Array((text.plain(keepingLines: true) + "\n").utf8)
    _ = bytes.withUnsafeBytes { Descriptor.write($0, to: STDERR_FILENO) }
  }

  /// Writes one line that begins with the program's name.
  static func complain(_ text: String) {
    write("retort: " + text.plain(keepingLines: false))
  }
}
