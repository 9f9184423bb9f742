/// A table of file names and labels: CSV as RFC 4180 has it, or tab-separated where its name ends in `.tsv`.
package struct LabelTable: Equatable, Sendable {
  /// One line of the table.
  package struct Row: Equatable, Sendable {
    /// The name of a file.
    package let file: String
    /// Its label; never blank.
    package let label: String
    /// The number of the line, from 1.
    package let line: Int
  }

  /// The rows, in order; no file stands in two of them.
  package let rows: [Row]

  /// Reads the table at `path`, UTF-8 with two columns: a file's name and its label.
  ///
  /// A first line whose first column `isFile` says is no file's name is a heading. Blank lines are skipped.
  ///
  /// - Throws: `FormatError` with the line for another number of columns, a blank label and a file that stands
  ///   twice; for a file that cannot be read or has no row.
  package init(
    _ path: String, limit: Int = 1 << 30, isFile: (String) -> Bool
  ) throws(FormatError) {
    let isComma = !path.lowercased().hasSuffix(".tsv")
    let separator = UInt8(ascii: isComma ? "," : "\t")
    var (rows, known): ([Row], Set<String>) = ([], [])
    try SeparatedRows.forEach(
      in: TextFile.read(path, limit: limit), separator: separator, path: path
    ) { (number, columns) throws(FormatError) in
      let place = "line \(number)"
      guard columns.count == 2 else {
        throw FormatError(
          path, in: place,
          .unsupported(
            what: "a line of \(columns.count == 1 ? "one column" : "\(columns.count) columns")",
            supported: "a file's name, a \(isComma ? "comma" : "tab") and a label"))
      }
      if number == 1, !isFile(columns[0]) { return }
      guard !columns[1].allSatisfy(\.isWhitespace) else {
        throw FormatError(path, in: place, .emptyLabel)
      }
      guard known.insert(columns[0]).inserted else {
        throw FormatError(path, in: place, .duplicateKey(columns[0]))
      }
      rows.append(Row(file: columns[0], label: columns[1], line: number))
    }
    guard !rows.isEmpty else { throw FormatError(path, .empty) }
    self.rows = rows
  }
}
