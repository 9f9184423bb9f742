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
  /// Whether the cursor stands behind a line that may be rewritten.
  nonisolated(unsafe) private static var isLineOpen = false

  /// Whether a person is looking.
  static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 }

  /// Whether lines can be taken back: on a terminal that knows how.
  static var isLive: Bool {
    guard isTerminal, let kind = getenv("TERM").map({ String(cString: $0) }) else { return false }
    return !kind.isEmpty && kind != "dumb"
  }

  /// How many characters a line of the terminal has.
  static var columns: Int {
    var size = winsize()
    guard ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Writes `text` and a line's end; what nobody reads any more is dropped.
  static func write(_ text: String) {
    endLine()
    send(Array((text.plain(keepingLines: true) + "\n").utf8))
  }

  /// Writes a value as one line of JSON.
  static func write(_ json: JSONValue) { write(json.text) }

  /// Writes a line in place of the one that may be rewritten, and leaves the cursor behind it.
  static func rewrite(_ line: String) {
    isLineOpen = true
    send(Array(("\r" + line.plain(keepingLines: false) + "\u{1B}[K").utf8))
  }

  /// Takes back a line that may be rewritten.
  static func clearLine() {
    guard isLineOpen else { return }
    rewrite("")
    send([UInt8(ascii: "\r")])
    isLineOpen = false
  }

  /// Leaves a line that may be rewritten as it is.
  static func endLine() {
    guard isLineOpen else { return }
    isLineOpen = false
    send([UInt8(ascii: "\n")])
  }

  /// Writes a file's bytes as they are; what nobody reads any more is dropped.
  static func send(_ bytes: [UInt8]) {
    guard !isClosed,
      let code = bytes.withUnsafeBytes({ Descriptor.write($0, to: STDOUT_FILENO) })
    else { return }
    isClosed = true
    if code != EPIPE, code != EBADF { failure = OutputError(code: code) }
  }

  /// Ends the output.
  ///
  /// - Throws: `OutputError` if something could not be written, but not where the reader left.
  static func finish() throws { if let failure { throw failure } }
}

/// Complaints and notes, which are no part of a command's result.
enum StandardError {
  /// Writes `text`, of one or several lines, as well as can be.
  static func write(_ text: String) {
    StandardOutput.endLine()
    let bytes = Array((text.plain(keepingLines: true) + "\n").utf8)
    _ = bytes.withUnsafeBytes { Descriptor.write($0, to: STDERR_FILENO) }
  }

  /// Writes one line in the program's name.
  static func complain(_ text: String) {
    write("retort: " + text.plain(keepingLines: false))
  }
}
