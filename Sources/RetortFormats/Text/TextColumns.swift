/// Which columns of a table, or fields of JSON objects, are a text and its label.
package struct TextColumns: Equatable, Sendable {
  /// The name of the column of texts; nil for `text`, where there is a heading.
  package var text: String?
  /// The name of the column of labels; nil for `label`, where there is a heading.
  package var label: String?

  /// The usual names.
  package init() {}

  /// The given names; nil for the usual one.
  package init(text: String?, label: String?) { (self.text, self.label) = (text, label) }

  var textName: String { text ?? "text" }
  var labelName: String { label ?? "label" }

  /// The places of both in a heading; nil for a row that is none.
  ///
  /// - Throws: `FormatError` for a row without a column that was named, or with more than two and no names.
  func places(
    in row: [String], path: String
  ) throws(FormatError) -> (text: Int, label: Int)? {
    if let first = row.firstIndex(of: textName), let second = row.firstIndex(of: labelName) {
      return (first, second)
    }
    guard text != nil || label != nil || row.count > 2 else { return nil }
    throw FormatError(
      path, in: "line 1",
      .unsupported(
        what: "a heading of \(row.prefix(8).joined(separator: ", "))",
        supported: "columns called \(textName) and \(labelName), or as 'text-column' and "
          + "'label-column' say"))
  }
}
