/// One example of a file of labelled texts.
package struct LabelledText: Equatable, Sendable {
  /// The text, verbatim.
  package let text: String
  /// The label; never blank.
  package let label: String
  /// The line number in the file, from 1.
  package let line: Int

  /// Reads the file at `path`: UTF-8, one text, tab and label per line, without a header.
  ///
  /// Lines of white space only are skipped. There is no quoting or escaping: backslashes and quotation marks
  /// are ordinary characters.
  ///
  /// - Throws: `FormatError` for a file that cannot be read, is larger than `limit` bytes or has no example,
  ///   and for a line without exactly two columns or without a label, with its number.
  package static func read(
    _ path: String, limit: Int = 1 << 31
  ) throws(FormatError) -> [LabelledText] {
    try parse(TextFile.read(path, limit: limit), path: path)
  }

  /// The examples in `bytes`, read from `path`.
  ///
  /// - Throws: `FormatError`, as `read` does.
  package static func parse(
    _ bytes: ArraySlice<UInt8>, path: String
  ) throws(FormatError) -> [LabelledText] {
    var examples: [LabelledText] = []
    try TextFile.lines(of: bytes, path: path) { number, line throws(FormatError) in
      guard !isBlank(line) else { return }
      let columns = line.utf8.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
      let place = "line \(number)"
      guard columns.count == 2 else {
        throw FormatError(path, in: place, .columns(columns.count))
      }
      let (text, label) = (String(Substring(columns[0])), String(Substring(columns[1])))
      guard !isBlank(label) else { throw FormatError(path, in: place, .emptyLabel) }
      examples.append(LabelledText(text: text, label: label, line: number))
    }
    guard !examples.isEmpty else { throw FormatError(path, .empty) }
    return examples
  }

  private static func isBlank(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy(\.properties.isWhitespace)
  }
}
