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
    let separator: Character = path.lowercased().hasSuffix(".tsv") ? "\t" : ","
    var (rows, known): ([Row], Set<String>) = ([], [])
    try TextFile.lines(of: TextFile.read(path, limit: limit), path: path) {
      (number, line) throws(FormatError) in
      guard !line.allSatisfy(\.isWhitespace) else { return }
      let (columns, place) = (Self.columns(of: line, separator), "line \(number)")
      guard columns.count == 2 else {
        throw FormatError(
          path, in: place,
          .unsupported(
            what: "a line of \(columns.count == 1 ? "one column" : "\(columns.count) columns")",
            supported: "a file's name, a \(separator == "," ? "comma" : "tab") and a label"))
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

  /// The columns of a line; one in quotation marks may have separators, and a mark as two.
  private static func columns(of line: String, _ separator: Character) -> [String] {
    var (columns, current, isQuoted) = ([String](), "", false)
    var rest = line[...]
    while let character = rest.popFirst() {
      switch character {
      case "\"" where isQuoted && rest.first == "\"":
        current.append("\"")
        rest.removeFirst()
      case "\"" where isQuoted || current.isEmpty: isQuoted.toggle()
      case separator where !isQuoted:
        columns.append(current)
        current = ""
      default: current.append(character)
      }
    }
    return columns + [current]
  }
}
