import Glibc
import RetortFormats

/// A download over HTTP by the machine's `curl` or `wget`.
///
/// A library for it would have to be installed on every machine before Retort can start.
package struct Downloader: Sendable {
  /// The folders to search for programs, in order of preference.
  package var searchPath: [String]
  /// The programs' whole environment, such as proxies; nil for this process's.
  package var environment: [String: String]?

  /// The limits on a download's speed.
  package var bounds = DownloadBounds()

  /// A downloader that searches this process's `PATH`.
  package init() {
    let path = getenv("PATH").map { String(cString: $0) } ?? "/usr/bin:/bin"
    searchPath = path.split(separator: ":").map(String.init)
  }

  /// Downloads `url` into the file `target`, resuming at the file's end.
  ///
  /// - Parameters:
  ///   - limit: The largest size of the file in bytes.
  ///   - tick: Called about ten times a second with the number of bytes received.
  /// - Returns: nil on success; a failure that a fresh start may cure has `mayRestart` set.
  /// - Throws: `FetchError.tooLarge`, `.tooSlow`, `.noDownloader` or `.cannotStart`.
  func download(
    _ url: String, to target: String, limit: Int, tick: (_ received: Int) -> Void
  ) throws(FetchError) -> DownloadFailure? {
    let known: [(name: String, arguments: [String], restartable: Set<Int32>)] = [
      // 22: an HTTP error, among them "range not satisfiable"; 33 and 36: no ranges here.
      ("curl", curlArguments(url, target), [22, 33, 36]),
      ("wget", wgetArguments(url, target), [8]),
    ]
    for (name, arguments, restartable) in known {
      guard let program = find(name) else { continue }
      let process = Subprocess(program: program, arguments: arguments, environment: environment)
      func received() -> Int { FileBytes.size(target) ?? 0 }
      var watch = DownloadWatch(url, limit: limit, received: received(), bounds)
      let outcome = try process.run { () throws(FetchError) in
        try watch.check(received: received())
        tick(received())
      }
      let (status, words): (Int32, String)
      switch outcome {
      case .exited(0, _): return nil
      case .exited(let code, let text): (status, words) = (code, text)
      case .killed(let signal, let text): (status, words) = (128 + signal, text)
      case .notStarted(let code): throw .cannotStart(program: program, code: code)
      }
      return DownloadFailure(
        error: .download(url: url, program: name, status: status, words: words),
        mayRestart: restartable.contains(status))
    }
    throw .noDownloader(url: url, lookedFor: known.map(\.name))
  }

  private func curlArguments(_ url: String, _ target: String) -> [String] {
    [
      "--fail", "--location", "--silent", "--show-error", "--proto", "=http,https",
      "--connect-timeout", "30", "--speed-limit", "1", "--speed-time", "60", "--retry", "2",
      "--continue-at", "-", "--output", target, "--url", url,
    ]
  }

  private func wgetArguments(_ url: String, _ target: String) -> [String] {
    [
      "--no-verbose", "--tries=3", "--timeout=60", "--waitretry=1", "--continue",
      "--output-document=\(target)", url,
    ]
  }

  private func find(_ program: String) -> String? {
    searchPath.map { "\($0)/\(program)" }.first { access($0, X_OK) == 0 }
  }
}

/// The failure of a download.
struct DownloadFailure {
  let error: FetchError
  let mayRestart: Bool
}
