import Glibc
import RetortFormats

/// A download of a dataset's files into a folder, verified against the published hashes.
///
/// Every file is written to `NAME.part`, verified by the SHA-256 of its content, and renamed only then. A
/// second run skips complete files and resumes partial ones.
public struct Fetch: Sendable {
  /// An event during a download.
  public enum Event: Equatable, Sendable {
    /// The file existed with the right content.
    case present(file: String)
    /// The number of bytes received so far, of about `total`.
    case progress(file: String, received: Int, total: Int)
    /// The file has been received, verified and moved into place.
    case fetched(file: String)
  }

  /// The published files.
  public let source: DatasetSource
  /// The target folder, created if missing.
  public let directory: String
  /// The URL of the folder with the files: `http`, `https` or `file`.
  public let base: String

  private let downloader: Downloader

  /// A download that has not started.
  ///
  /// - Parameters:
  ///   - source: The published files.
  ///   - directory: The target folder.
  ///   - base: The URL of another folder to take the files from.
  public init(_ source: DatasetSource, into directory: String, from base: String? = nil) {
    self.init(source, into: directory, from: base, downloader: Downloader())
  }

  package init(
    _ source: DatasetSource, into directory: String, from base: String?, downloader: Downloader
  ) {
    self.source = source
    self.directory = directory
    self.base = base ?? source.baseURL
    self.downloader = downloader
  }

  /// Fetches every file that is not present yet.
  ///
  /// - Parameter report: Called with each event, about ten times a second while bytes are received.
  /// - Throws: `FetchError`; complete files are kept, and a partial one is resumed by the next run.
  public func run(report: (Event) -> Void = { _ in }) throws(FetchError) {
    let scheme = try scheme()
    let folder = directory
    try asFetchError { () throws(FormatError) in try AtomicFile.makeDirectories(folder) }
    let lock = try lock()
    defer { release(lock) }
    for file in source.files {
      if verify("\(directory)/\(file.name)", file) == .right {
        report(.present(file: file.name))
        continue
      }
      switch scheme {
      case .file(let folder): try copy(file, from: folder)
      case .network: try download(file, report: report)
      }
      report(.fetched(file: file.name))
    }
  }

  private enum Scheme {
    case file(folder: String)
    case network
  }

  private enum Verdict: Equatable {
    case right
    case wrong(SHA256: String)
    case unreadable(FormatError)
  }

  private func scheme() throws(FetchError) -> Scheme {
    if base.hasPrefix("http://") || base.hasPrefix("https://") { return .network }
    for prefix in ["file:///", "file://localhost/"] where base.hasPrefix(prefix) {
      let path = "/" + base.dropFirst(prefix.count)
      guard let folder = percentDecoded(path) else { throw .unsupportedURL(base) }
      return .file(folder: folder)
    }
    throw .unsupportedURL(base)
  }

  private func url(of file: DatasetSource.File) -> String {
    base.hasSuffix("/") ? base + file.name : "\(base)/\(file.name)"
  }

  // The lock is held until it is released or the process ends.
  private func lock() throws(FetchError) -> Int32 {
    let path = "\(directory)/.fetch.lock"
    let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else {
      throw .format(FormatError(path, .system(call: "open", code: errno)))
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      close(descriptor)
      throw .busy(directory: directory)
    }
    return descriptor
  }

  // Unlocked explicitly, because a child being started may still hold a copy of the descriptor.
  private func release(_ lock: Int32) {
    flock(lock, LOCK_UN)
    close(lock)
  }

  private func verify(_ path: String, _ file: DatasetSource.File) -> Verdict {
    do throws(FormatError) {
      var bytes = try FileBytes.read(path, limit: file.byteLimit)
      if Gzip.isGzip(bytes) {
        bytes = try Gzip.inflate(bytes, limit: file.contentByteCount, path: path)
      }
      let found = SHA256.hexadecimal(bytes)
      return found == file.contentSHA256 ? .right : .wrong(SHA256: found)
    } catch {
      return .unreadable(error)
    }
  }

  private func copy(_ file: DatasetSource.File, from folder: String) throws(FetchError) {
    let path = "\(folder)/\(file.name)"
    try accept(verify(path, file), file)
    let target = "\(directory)/\(file.name)"
    try asFetchError { () throws(FormatError) in
      try AtomicFile.write(try FileBytes.read(path, limit: file.byteLimit), to: target)
    }
  }

  private func accept(_ verdict: Verdict, _ file: DatasetSource.File) throws(FetchError) {
    switch verdict {
    case .right: return
    case .unreadable(let error): throw .format(error)
    case .wrong(let found):
      throw .wrongChecksum(url: url(of: file), expected: file.contentSHA256, found: found)
    }
  }

  private func download(
    _ file: DatasetSource.File, report: (Event) -> Void
  ) throws(FetchError) {
    let part = "\(directory)/\(file.name).part"
    let target = "\(directory)/\(file.name)"
    // A pipe, device or link at this path would redirect the download.
    if !FolderEntries.isFile(part) { unlink(part) }
    var isResumed = (FileBytes.size(part) ?? 0) > 0
    while true {
      // The file is complete if an earlier run was killed just before the rename.
      if isResumed, verify(part, file) == .right { break }
      let failure: DownloadFailure?
      do throws(FetchError) {
        failure = try downloader.download(url(of: file), to: part, limit: file.byteLimit) {
          report(.progress(file: file.name, received: $0, total: file.byteCount))
        }
      } catch {
        if case .tooLarge = error { unlink(part) }
        throw error
      }
      let verdict = failure == nil ? verify(part, file) : nil
      if verdict == .right { break }
      guard isResumed, failure?.mayRestart ?? true else {
        if let failure { throw failure.error }
        unlink(part)
        try accept(verdict ?? .right, file)
        return
      }
      unlink(part)
      isResumed = false
    }
    try asFetchError { () throws(FormatError) in
      try AtomicFile.sync(part)
      try AtomicFile.rename(part, to: target)
    }
  }
}

extension DatasetSource.File {
  /// The largest plausible size of a file with the right content, however it is compressed.
  fileprivate var byteLimit: Int { 2 * contentByteCount + 1 << 20 }
}

/// `text` with its `%XX` escapes decoded; nil if one is malformed.
private func percentDecoded(_ text: String) -> String? {
  var bytes: [UInt8] = []
  var rest = Array(text.utf8)[...]
  while let byte = rest.popFirst() {
    guard byte == UInt8(ascii: "%") else {
      bytes.append(byte)
      continue
    }
    let digits = rest.prefix(2)
    guard digits.count == 2, let high = hexDigit(digits.first), let low = hexDigit(digits.last)
    else { return nil }
    bytes.append(high << 4 | low)
    rest = rest.dropFirst(2)
  }
  return bytes.contains(0) ? nil : String(validating: bytes, as: UTF8.self)
}

private func hexDigit(_ byte: UInt8?) -> UInt8? {
  byte.flatMap { Character(Unicode.Scalar($0)).hexDigitValue }.map { UInt8($0) }
}
