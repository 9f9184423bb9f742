import Glibc
import Synchronization
import Testing

/// An HTTP server on 127.0.0.1 that serves fixed files, faults included.
final class LoopbackServer: Sendable {
  /// How a file is served.
  enum Answer {
    /// In full, or from where the client asks.
    case file([UInt8])
    /// In full, even if the client asks for a part.
    case fileWithoutRanges([UInt8])
    /// The announced length is that of the file, but the connection closes after so many bytes.
    case cut([UInt8], after: Int)
    /// An error status.
    case status(String)
  }

  let port: UInt16
  private let listener: Int32
  private let answers: [String: Answer]
  private let log = Mutex<[String]>([])

  init(_ answers: [String: Answer]) throws {
    self.answers = answers
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let socket = listener
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { general in
        bind(socket, general, size) == 0 && listen(socket, 16) == 0
          && getsockname(socket, general, &size) == 0
      }
    }
    port = UInt16(bigEndian: address.sin_port)
    try #require(isBound)
    let server = Unmanaged.passUnretained(self)
    var thread = pthread_t()
    // The thread ends when `stop` shuts the listener down; `stop` waits for it.
    pthread_create(
      &thread, nil,
      { raw in
        raw.map { Unmanaged<LoopbackServer>.fromOpaque($0).takeUnretainedValue().serve() }
        return nil
      }, server.toOpaque())
    self.thread.withLock { $0 = thread }
  }

  private let thread = Mutex<pthread_t?>(nil)

  var url: String { "http://127.0.0.1:\(port)" }

  /// What was asked for: the path and, where it was asked for in part, the range.
  var requests: [String] { log.withLock { $0 } }

  func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    if let thread = thread.withLock({ $0.take() }) { pthread_join(thread, nil) }
    close(listener)
  }

  private func serve() {
    while true {
      let connection = accept4(listener)
      guard connection >= 0 else { return }
      answer(connection)
      close(connection)
    }
  }

  private func accept4(_ listener: Int32) -> Int32 {
    let connection = accept(listener, nil, nil)
    if connection >= 0 { _ = fcntl(connection, F_SETFD, FD_CLOEXEC) }
    return connection
  }

  private func answer(_ connection: Int32) {
    var request = ""
    var buffer = [UInt8](repeating: 0, count: 4096)
    while !request.contains("\r\n\r\n") {
      let count = recv(connection, &buffer, buffer.count, 0)
      guard count > 0 else { return }
      request += String(decoding: buffer[..<count], as: UTF8.self)
    }
    let lines = request.split(separator: "\r\n")
    let path = lines.first?.split(separator: " ").dropFirst().first.map(String.init) ?? ""
    let range = lines.first { $0.lowercased().hasPrefix("range: bytes=") }
    let start = range.flatMap { Int($0.drop { $0 != "=" }.dropFirst().prefix { $0 != "-" }) }
    log.withLock { $0.append(path + (start.map { " from \($0)" } ?? "")) }
    send(reply(to: path, from: start ?? 0), on: connection)
  }

  private func reply(to path: String, from start: Int) -> [UInt8] {
    func head(_ status: String, _ count: Int, _ more: String = "") -> [UInt8] {
      Array(
        "HTTP/1.1 \(status)\r\nContent-Length: \(count)\r\nConnection: close\r\n\(more)\r\n".utf8)
    }
    switch answers[path] ?? .status("404 Not Found") {
    case .file(let bytes) where start >= bytes.count && start > 0:
      return head("416 Range Not Satisfiable", 0)
    case .file(let bytes) where start > 0:
      let range = "Content-Range: bytes \(start)-\(bytes.count - 1)/\(bytes.count)\r\n"
      return head("206 Partial Content", bytes.count - start, range) + bytes[start...]
    case .file(let bytes), .fileWithoutRanges(let bytes):
      return head("200 OK", bytes.count) + bytes
    case .cut(let bytes, let count): return head("200 OK", bytes.count) + bytes.prefix(count)
    case .status(let status): return head(status, 0)
    }
  }

  private func send(_ bytes: [UInt8], on connection: Int32) {
    var done = 0
    bytes.withUnsafeBytes { raw in
      while done < raw.count, let base = raw.baseAddress {
        let flags = Int32(MSG_NOSIGNAL)
        let count = Glibc.send(connection, base + done, raw.count - done, flags)
        guard count > 0 else { return }
        done += count
      }
    }
  }
}
