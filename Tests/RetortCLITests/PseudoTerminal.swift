import Foundation

/// The program `retort` on a terminal of its own, of a given width.
struct PseudoTerminal {
  /// What the program wrote and how it ended; the terminal's line ends are plain ones here.
  struct Outcome {
    let status: Int32
    let output: String

    /// Each state of a line that is rewritten, without what erases the rest of it.
    var states: [String] {
      output.split(separator: "\n").flatMap { line in
        line.components(separatedBy: "\r").dropFirst()
          .filter { $0.hasSuffix(PseudoTerminal.erasing) }
          .map { String($0.dropLast(PseudoTerminal.erasing.count)) }
      }.filter { !$0.isEmpty }
    }
  }

  static let erasing = "\u{1B}[K"
  /// Linux's `TIOCSPTLCK` and `TIOCGPTN`, which Swift does not see.
  private static let (setLock, getNumber) = (UInt(0x4004_5431), UInt(0x8004_5430))
  var columns = 80
  var kind = "xterm"
  var environment: [String: String] = [:]

  /// Runs `retort ARGUMENTS…` in a folder and waits.
  ///
  /// - Parameter whileRunning: Called every few milliseconds with what was written so far; what it
  ///   returns is typed.
  func run(
    _ arguments: [String], in small: SmallRun, whileRunning: (String) -> String? = { _ in nil }
  ) throws -> Outcome {
    let master = open("/dev/ptmx", O_RDWR | O_NOCTTY)
    try require(master >= 0)
    defer { close(master) }
    var (isLocked, number) = (Int32(0), Int32(0))
    try require(ioctl(master, Self.setLock, &isLocked) == 0)
    try require(ioctl(master, Self.getNumber, &number) == 0)
    var size = winsize(ws_row: 24, ws_col: UInt16(columns), ws_xpixel: 0, ws_ypixel: 0)
    try require(ioctl(master, UInt(TIOCSWINSZ), &size) == 0)
    let slave = open("/dev/pts/\(number)", O_RDWR | O_NOCTTY)
    try require(slave >= 0 && fcntl(master, F_SETFL, O_NONBLOCK) == 0)
    let process = Process()
    // A session of its own, whose terminal this is, so that Ctrl-C can be typed.
    process.executableURL = URL(fileURLWithPath: "/usr/bin/setsid")
    process.arguments = ["--ctty", "--wait", CommandLineTool.path] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(["TERM": kind]) { $1 }
      .merging(environment) { $1 }
    process.currentDirectoryURL = URL(fileURLWithPath: small.path)
    let stream = FileHandle(fileDescriptor: slave, closeOnDealloc: true)
    (process.standardInput, process.standardOutput) = (stream, stream)
    process.standardError = stream
    try process.run()
    var written: [UInt8] = []
    var isOver = false
    while !isOver {
      // What was written before the end is read after it.
      isOver = !process.isRunning
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while case let count = read(master, &buffer, buffer.count), count > 0 {
        written += buffer.prefix(count)
      }
      let text = String(decoding: written, as: UTF8.self)
      if let typed = whileRunning(text) { _ = write(master, typed, typed.utf8.count) }
      usleep(2000)
    }
    process.waitUntilExit()
    let output = String(decoding: written, as: UTF8.self)
    return Outcome(
      status: process.terminationStatus, output: output.replacingOccurrences(of: "\r\n", with: "\n")
    )
  }

  private func require(_ isGood: Bool) throws {
    if !isGood { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
  }
}
