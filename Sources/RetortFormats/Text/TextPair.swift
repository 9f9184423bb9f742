/// Two texts of a file that belong together.
package struct TextPair: Equatable, Sendable {
  /// What is looked for by.
  package let query: String
  /// What is to be found.
  package let document: String

  package init(_ query: String, _ document: String) {
    (self.query, self.document) = (query, document)
  }

  /// Reads the file at `path`: UTF-8, two texts with a tab between them in each line, without a header.
  ///
  /// Lines of white space only are skipped. There is no quoting or escaping.
  ///
  /// - Throws: `FormatError` for a file that cannot be read, is larger than `limit` bytes or has no pair,
  ///   and for a line without two texts, with its number.
  package static func read(_ path: String, limit: Int = 1 << 31) throws(FormatError) -> [TextPair] {
    var pairs: [TextPair] = []
    try TextFile.lines(of: TextFile.read(path, limit: limit), path: path) {
      (number, line) throws(FormatError) in
      guard !line.allSatisfy(\.isWhitespace) else { return }
      let columns = line.utf8.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
        .map { String(Substring($0)) }.filter { !$0.allSatisfy(\.isWhitespace) }
      guard columns.count == 2 else {
        throw FormatError(
          path, in: "line \(number)",
          .unsupported(
            what: columns.count == 1 ? "one text" : "\(columns.count) texts",
            supported: "two texts with a tab between them"))
      }
      pairs.append(TextPair(columns[0], columns[1]))
    }
    guard !pairs.isEmpty else { throw FormatError(path, .empty) }
    return pairs
  }
}
