/// Rows of values with a separator between them: CSV as RFC 4180 has it, or with tabs.
///
/// Source: [RFC 4180](https://www.rfc-editor.org/rfc/rfc4180).
enum SeparatedRows {
  /// Passes the values of each row of `bytes` to `body`, with the number of its first line, from 1.
  ///
  /// A value in quotation marks may have separators and ends of lines in it, and a mark as two. Lines of white
  /// space only are skipped.
  ///
  /// - Throws: `FormatError` with the line for a value that is not UTF-8 and for a mark that is not closed, and the
  ///   errors of `body`.
  static func forEach(
    in bytes: ArraySlice<UInt8>, separator: UInt8, path: String,
    _ body: (_ line: Int, _ values: [String]) throws(FormatError) -> Void
  ) throws(FormatError) {
    let (quote, newline, back) = (UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r"))
    var (values, current, isQuoted) = ([String](), [UInt8](), false)
    var (line, first, place) = (1, 1, bytes.startIndex)
    func value() throws(FormatError) -> String {
      guard let text = String(validating: current, as: UTF8.self) else {
        throw FormatError(path, in: "line \(first)", .notUTF8)
      }
      return text
    }
    func finish() throws(FormatError) {
      if current.last == back { current.removeLast() }
      values.append(try value())
      if values.count > 1 || !values[0].allSatisfy(\.isWhitespace) { try body(first, values) }
      (values, current) = ([], [])
      first = line
    }
    while place < bytes.endIndex {
      let byte = bytes[place]
      place += 1
      if byte == newline { line += 1 }
      switch byte {
      case quote where isQuoted && place < bytes.endIndex && bytes[place] == quote:
        current.append(quote)
        place += 1
      case quote where isQuoted || current.isEmpty: isQuoted.toggle()
      case separator where !isQuoted:
        values.append(try value())
        current = []
      case newline where !isQuoted: try finish()
      default: current.append(byte)
      }
    }
    guard !isQuoted else {
      throw FormatError(
        path, in: "line \(first)",
        .unsupported(
          what: "a quotation mark that is not closed",
          supported: "values in two marks, with two for each inside"))
    }
    if !values.isEmpty || !current.isEmpty { try finish() }
  }
}
