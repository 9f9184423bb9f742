@preconcurrency import Glibc

/// A program run to its end.
struct Subprocess {
  /// The file of the program.
  let program: String
  /// The arguments after the program's name.
  let arguments: [String]
  /// The whole environment; nil hands this process's on.
  let environment: [String: String]?

  /// Runs the program with no input and waits for it.
  ///
  /// - Parameter tick: Called about ten times a second while it runs.
  /// - Returns: Its exit status (128 and the number for a signal), and the last line that it wrote to
  ///   its error stream.
  /// - Throws: `FetchError.cannotStart`.
  func run(tick: () -> Void) throws(FetchError) -> (status: Int32, words: String) {
    var ends: [Int32] = [-1, -1]
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)  // pipe2 is not imported
    guard socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
      throw .cannotStart(program: program, code: errno)
    }
    let process: pid_t
    do throws(FetchError) { process = try spawn(errorStream: ends[1]) } catch {
      close(ends[0])
      close(ends[1])
      throw error
    }
    close(ends[1])
    let words = drain(ends[0], tick: tick)
    close(ends[0])
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7F
    return (signal == 0 ? (status >> 8) & 0xFF : 128 + signal, words)
  }

  private func spawn(errorStream: Int32) throws(FetchError) -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, errorStream, 2)
    var argv: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
    var own = environment?.map { strdup("\($0.key)=\($0.value)") } ?? []
    defer { for text in argv + own { free(text) } }
    argv.append(nil)
    own.append(nil)
    var process: pid_t = 0
    let code = own.withUnsafeMutableBufferPointer { own in
      posix_spawn(
        &process, program, &actions, nil, argv, environment == nil ? environ : own.baseAddress)
    }
    guard code == 0 else { throw .cannotStart(program: program, code: code) }
    return process
  }

  // Ends when the program closes its error stream, which it does at its end.
  private func drain(_ descriptor: Int32, tick: () -> Void) -> String {
    var kept: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while true {
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      let ready = poll(&waiting, 1, 100)
      tick()
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
