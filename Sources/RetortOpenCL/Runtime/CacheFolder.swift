import Glibc
import RetortCore

/// A folder of files that may be lost at any time: reading gives nil, and writing never fails
/// loudly.
package struct CacheFolder: Sendable {
  /// The folder's path.
  package let path: String

  /// A cache in the folder at `path`, made when something is first written.
  package init(path: String) { self.path = path }

  /// `$XDG_CACHE_HOME/retort/NAME`, or the same under `~/.cache`; nil without a home folder.
  package static func standard(_ name: String) -> CacheFolder? {
    CacheLocation.base().map { CacheFolder(path: "\($0)/\(name)") }
  }

  /// The bytes of the file `name`; nil if it is missing, empty, no regular file, or larger than
  /// `limit` bytes.
  package func read(_ name: String, limit: Int = 1 << 24) -> [UInt8]? {
    // Opening a pipe would otherwise wait for somebody to write into it.
    let file = open("\(path)/\(name)", O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard file >= 0 else { return nil }
    defer { close(file) }
    var facts = stat()
    guard fstat(file, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG,
      facts.st_size > 0, facts.st_size <= limit
    else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(facts.st_size))
    let isRead = bytes.withUnsafeMutableBytes { readAll(into: $0, from: file) }
    return isRead ? bytes : nil
  }

  /// Whether anything is called `name`, readable or not.
  package func holds(_ name: String) -> Bool {
    var facts = stat()
    return lstat("\(path)/\(name)", &facts) == 0
  }

  private func readAll(into bytes: UnsafeMutableRawBufferPointer, from file: Int32) -> Bool {
    var rest = bytes
    while let start = rest.baseAddress, !rest.isEmpty {
      let step = Glibc.read(file, start, rest.count)
      guard step > 0 else { return false }
      rest = UnsafeMutableRawBufferPointer(rebasing: rest[step...])
    }
    return true
  }

  /// Writes `bytes` beside the file `name` and renames them into its place.
  ///
  /// - Returns: Whether that worked.
  @discardableResult package func write(_ bytes: [UInt8], to name: String) -> Bool {
    makeFolders()
    let target = "\(path)/\(name)"
    let temporary = "\(target).\(getpid()).\(UInt32.random(in: 0 ... .max))"
    let file = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard file >= 0 else { return false }
    let isWritten = bytes.withUnsafeBytes { writeAll($0, to: file) } && fsync(file) == 0
    let isClosed = close(file) == 0
    if isWritten, isClosed, rename(temporary, target) == 0 { return true }
    unlink(temporary)
    return false
  }

  /// Removes the file `name`.
  ///
  /// - Returns: Whether it is gone, or was never there.
  package func remove(_ name: String) -> Bool { unlink("\(path)/\(name)") == 0 || errno == ENOENT }

  private func writeAll(_ bytes: UnsafeRawBufferPointer, to file: Int32) -> Bool {
    var rest = bytes
    while let start = rest.baseAddress, !rest.isEmpty {
      let step = Glibc.write(file, start, rest.count)
      guard step > 0 else { return false }
      rest = UnsafeRawBufferPointer(rebasing: rest[step...])
    }
    return true
  }

  /// Runs `body` while nobody else who asks for `name` does, in this process or another.
  ///
  /// Waits `patience` seconds at most, and not at all where locks cannot be had: it only saves work
  /// and makes those that start together agree.
  package func locked<Value, Failure: Error>(
    _ name: String, patience: Double = 120, _ body: () throws(Failure) -> Value
  ) throws(Failure) -> Value {
    makeFolders()
    let file = open("\(path)/\(name)", O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0o644)
    guard file >= 0 else { return try body() }
    defer {
      // By name: a child that is just being started may still hold a copy of the descriptor.
      flock(file, LOCK_UN)
      close(file)
    }
    let step = 0.02
    var waited = 0.0
    while flock(file, LOCK_EX | LOCK_NB) != 0, errno == EWOULDBLOCK, waited < patience {
      usleep(useconds_t(step * 1e6))
      waited += step
    }
    return try body()
  }

  private func makeFolders() {
    var prefix = path.hasPrefix("/") ? "/" : ""
    for part in path.split(separator: "/") {
      prefix += part + "/"
      mkdir(prefix, 0o755)
    }
  }
}
