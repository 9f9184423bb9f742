import CRetortHost
@preconcurrency import Glibc

/// A program that is run to its end.
///
/// It does not outlive the thread that runs it, so that it ends with this process in any case.
package struct Subprocess {
  /// The way a program ended.
  package enum Outcome: Equatable, Sendable {
    /// Exited with a status; the last line of its error stream.
    case exited(status: Int32, words: String)
    /// Killed by a signal; the last line of its error stream.
    case killed(signal: Int32, words: String)
    /// Not started, with the `errno`.
    case notStarted(code: Int32)
  }

  /// The path of the program.
  let program: String
  /// The arguments after the program's name.
  let arguments: [String]
  /// The whole environment; nil for this process's.
  let environment: [String: String]?

  /// A program with its arguments and environment.
  package init(program: String, arguments: [String], environment: [String: String]? = nil) {
    (self.program, self.arguments, self.environment) = (program, arguments, environment)
  }

  /// Runs the program with empty input and waits for it.
  ///
  /// - Parameter tick: Called about ten times a second while the program runs; an error kills it.
  /// - Throws: The errors of `tick`.
  package func run<Failure: Error>(
    tick: () throws(Failure) -> Void
  ) throws(Failure) -> Outcome {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)  // pipe2 is not imported
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else { return .notStarted(code: errno) }
    defer { close(ends[0]) }
    let process = spawn(errorStream: ends[1])
    let code = errno
    close(ends[1])
    guard process > 0 else { return .notStarted(code: code) }
    let words: String
    do throws(Failure) {
      words = try drain(ends[0], tick: tick)
    } catch {
      kill(process, SIGKILL)
      _ = wait(for: process)
      throw error
    }
    let status = wait(for: process)
    let signal = status & 0x7F
    return signal == 0
      ? .exited(status: (status >> 8) & 0xFF, words: words) : .killed(signal: signal, words: words)
  }

  private func wait(for process: pid_t) -> Int32 {
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status
  }

  private func spawn(errorStream: Int32) -> pid_t {
    var argv: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
    var own = environment?.map { strdup("\($0.key)=\($0.value)") } ?? []
    defer { for text in argv + own { free(text) } }
    argv.append(nil)
    own.append(nil)
    return own.withUnsafeMutableBufferPointer { own in
      retort_spawn(program, argv, environment == nil ? environ : own.baseAddress, errorStream)
    }
  }

  // Returns when the program closes its error stream, at its exit.
  private func drain<Failure: Error>(
    _ descriptor: Int32, tick: () throws(Failure) -> Void
  ) throws(Failure) -> String {
    var kept: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = poll(&waiting, 1, 100)
      try tick()
      guard ready > 0 else { continue }
      let count = read(descriptor, &buffer, buffer.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      kept = (kept + buffer[..<count]).suffix(4096)
    }
    let text = String(decoding: kept, as: UTF8.self)
    return text.split(whereSeparator: \.isNewline).last.map(String.init) ?? ""
  }
}
