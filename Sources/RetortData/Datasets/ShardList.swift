import Glibc
import RetortFormats

/// The archives that one path names.
struct ShardList {
  /// Their paths, in order.
  let paths: [String]

  /// The archive at `path`, those in the folder there, or those whose numbers stand in braces, `{000..099}`.
  ///
  /// - Throws: `DataError` for a folder without archives, and for braces without a range of up to a million
  ///   numbers.
  init(_ path: String) throws(DataError) {
    if FolderEntries.leadsToFolder(path) {
      let names = try asDataError { () throws(FormatError) in try FolderEntries.names(path) }
      paths = names.filter { $0.hasSuffix(".tar") && !$0.hasPrefix(".") }.map { "\(path)/\($0)" }
      guard !paths.isEmpty else {
        throw .format(
          FormatError(
            path, .unsupported(what: "a folder without archives", supported: "files called .tar")))
      }
      return
    }
    guard let open = path.lastIndex(of: "{"), let close = path[open...].firstIndex(of: "}") else {
      paths = [path]
      return
    }
    let range = path[path.index(after: open)..<close]
    let ends = range.components(separatedBy: "..")
    guard ends.count == 2, let first = Int(ends[0]), let last = Int(ends[1]),
      first >= 0, last >= first, last - first < 1_000_000
    else {
      throw .format(
        FormatError(
          path,
          .unsupported(what: "'{\(range)}'", supported: "a range of numbers such as {000..099}")))
    }
    paths = (first...last).map { number in
      let digits = "\(number)"
      let zeros = String(repeating: "0", count: max(0, ends[0].count - digits.count))
      return path[..<open] + zeros + digits + path[path.index(after: close)...]
    }
  }
}

extension Substring {
  /// The parts between occurrences of `separator`.
  fileprivate func components(separatedBy separator: String) -> [String] {
    split(separator: separator, omittingEmptySubsequences: false).map(String.init)
  }
}
