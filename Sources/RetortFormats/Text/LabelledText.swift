/// One example of a file of labelled texts.
package struct LabelledText: Equatable, Sendable {
  /// The text, verbatim.
  package let text: String
  /// The label; never blank.
  package let label: String
  /// The line number in the file, from 1.
  package let line: Int

  /// Reads the file at `path`, UTF-8: JSON lines if its name ends in `.jsonl` or `.ndjson`, CSV in `.csv`, else one
  /// text, tab and label a line.
  ///
  /// A first line that has the names of both columns is a heading; without one there are two columns, text and
  /// label. Lines of white space only are skipped. Between tabs there is no quoting or escaping: backslashes and
  /// quotation marks are ordinary characters. Labels in JSON may be strings, whole numbers, true and false.
  ///
  /// - Throws: `FormatError` for a file that cannot be read, is larger than `limit` bytes or has no example,
  ///   and, with its number, for a line without both columns or without a label.
  package static func read(
    _ path: String, columns: TextColumns = TextColumns(), limit: Int = 1 << 31
  ) throws(FormatError) -> [LabelledText] {
    try parse(TextFile.read(path, limit: limit), path: path, columns: columns)
  }

  /// Whether a file's name is that of a table of texts and labels.
  package static func isTable(_ name: String) -> Bool {
    [".tsv", ".csv"].contains { name.lowercased().hasSuffix($0) } || isLines(name)
  }

  private static func isLines(_ name: String) -> Bool {
    [".jsonl", ".ndjson"].contains { name.lowercased().hasSuffix($0) }
  }

  /// The examples in `bytes`, read from `path`.
  ///
  /// - Throws: `FormatError`, as `read` does.
  package static func parse(
    _ bytes: ArraySlice<UInt8>, path: String, columns: TextColumns = TextColumns()
  ) throws(FormatError) -> [LabelledText] {
    var examples: [LabelledText] = []
    var heading: (text: Int, label: Int)?
    let isCSV = path.lowercased().hasSuffix(".csv")
    func add(_ text: String, _ label: String, _ line: Int) throws(FormatError) {
      guard !isBlank(label) else { throw FormatError(path, in: "line \(line)", .emptyLabel) }
      examples.append(LabelledText(text: text, label: label, line: line))
    }
    func add(_ row: [String], _ line: Int) throws(FormatError) {
      if examples.isEmpty, heading == nil {
        heading = try columns.places(in: row, path: path)
        if heading != nil { return }
      }
      let (text, label) = heading ?? (0, 1)
      guard heading == nil ? row.count == 2 : row.count > max(text, label) else {
        guard heading != nil || isCSV else {
          throw FormatError(path, in: "line \(line)", .columns(row.count))
        }
        throw FormatError(
          path, in: "line \(line)",
          .unsupported(
            what: "a line of \(row.count == 1 ? "one column" : "\(row.count) columns")",
            supported: heading == nil
              ? "a text, a comma and a label" : "as many columns as the heading has"))
      }
      try add(row[text], row[label], line)
    }
    if isLines(path) {
      try TextFile.lines(of: bytes, path: path) { number, line throws(FormatError) in
        guard !isBlank(line) else { return }
        let value = try JSONValue.parse(Array(line.utf8)[...], path: "\(path): line \(number)")
        try add(
          field(columns.textName, of: value, path, number),
          field(columns.labelName, of: value, path, number), number)
      }
    } else if isCSV {
      try SeparatedRows.forEach(in: bytes, separator: UInt8(ascii: ","), path: path) {
        (line, row) throws(FormatError) in try add(row, line)
      }
    } else {
      try TextFile.lines(of: bytes, path: path) { number, line throws(FormatError) in
        guard !isBlank(line) else { return }
        let row = line.utf8.split(
          separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
        try add(row.map { String(Substring($0)) }, number)
      }
    }
    guard !examples.isEmpty else { throw FormatError(path, .empty) }
    return examples
  }

  /// The text of a field of one line's object.
  private static func field(
    _ name: String, of value: JSONValue, _ path: String, _ line: Int
  ) throws(FormatError) -> String {
    let place = "line \(line)"
    guard value.members != nil else {
      throw FormatError(path, in: place, .wrongType(expected: "an object", found: value.kind))
    }
    guard let found = value[name] else {
      throw FormatError(path, in: place, .missingKey(name))
    }
    if let text = found.string ?? found.int.map({ "\($0)" }) ?? found.bool.map({ "\($0)" }) {
      return text
    }
    throw FormatError(
      path, in: "\(place), \(name)",
      .wrongType(expected: "a string or a whole number", found: found.kind))
  }

  private static func isBlank(_ text: String) -> Bool {
    text.unicodeScalars.allSatisfy(\.properties.isWhitespace)
  }
}
