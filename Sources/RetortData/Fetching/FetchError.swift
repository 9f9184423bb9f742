import RetortFormats

/// A reason why a dataset could not be downloaded.
public enum FetchError: Error, Equatable, Sendable {
  /// A file cannot be read or written, or is damaged.
  case format(FormatError)
  /// The URL has an unsupported scheme.
  case unsupportedURL(String)
  /// No download program is installed.
  case noDownloader(url: String, lookedFor: [String])
  /// The download program could not be started.
  case cannotStart(program: String, code: Int32)
  /// The download program failed, with its exit status and last line of output.
  case download(url: String, program: String, status: Int32, words: String)
  /// The download far exceeds the size of the published file.
  case tooLarge(url: String, limit: Int)
  /// The download is too slow: this many bytes arrived in this many seconds.
  case tooSlow(url: String, received: Int, seconds: Int)
  /// The received content is not the published one.
  case wrongChecksum(url: String, expected: String, found: String)
  /// Another process is downloading into the same folder.
  case busy(directory: String)
}

extension FetchError: CustomStringConvertible {
  /// One line: the fault, its place, and a remedy.
  public var description: String {
    switch self {
    case .format(let error): "\(error)"
    case .unsupportedURL(let url):
      "'\(url)' is not a URL that can be fetched. Use http://, https:// or file:///."
    case .noDownloader(let url, let programs):
      "\(url): downloading needs \(programs.joined(separator: " or ")), and neither is installed. "
        + "Install one ('apt-get install curl'), or fetch the files elsewhere and use "
        + "'--from file:///FOLDER'."
    case .cannotStart(let program, let code):
      "\(program) cannot be started: \(errorText(code)). Check its permissions."
    case .download(let url, let program, let status, let words):
      "\(url): \(program) gave up with status \(status)"
        + (words.isEmpty ? "" : " (\(words))")
        + ". Run the command again to go on, or name another source with '--from URL'."
    case .tooLarge(let url, let limit):
      "\(url): more than \(limit) bytes arrive, and the published file is smaller. "
        + "The source serves something else; name another with '--from URL'."
    case .tooSlow(let url, let received, let seconds):
      "\(url): only \(received) bytes arrived within \(seconds) seconds. "
        + "Run the command again to go on, or name another source with '--from URL'."
    case .wrongChecksum(let url, let expected, let found):
      "\(url): the content's SHA-256 is \(found), not \(expected). "
        + "The source serves something else; name another with '--from URL'."
    case .busy(let directory):
      "\(directory): another process is downloading into this folder. Wait until it is done."
    }
  }
}

/// Runs `body` and rethrows a file's fault as a fault of the download.
func asFetchError<T>(_ body: () throws(FormatError) -> T) throws(FetchError) -> T {
  do { return try body() } catch { throw .format(error) }
}
