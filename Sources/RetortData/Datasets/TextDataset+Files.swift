import RetortCore
import RetortFormats

extension TextDataset {
  /// Reads the texts in the file at `path`, whose labels are class names.
  ///
  /// - Throws: `DataError` for a file that cannot be read, or for a label that is not in `classNames`, with
  ///   its line.
  package init(
    name: String, path: String, classNames: [String], tokenizer: Tokenizer, length: Int
  ) throws(DataError) {
    let examples = try asDataError { () throws(FormatError) in try LabelledText.read(path) }
    try self.init(
      name: name, examples, of: path, classNames: classNames, tokenizer: tokenizer, length: length)
  }

  /// A dataset of examples read from the file at `path`.
  ///
  /// - Throws: `DataError` for a label that is not in `classNames`, with its line.
  init(
    name: String, _ examples: [LabelledText], of path: String, classNames: [String],
    tokenizer: Tokenizer, length: Int
  ) throws(DataError) {
    let labels = try classNames.classNumbers(of: examples, label: \.label) {
      .unknownClass(path: path, line: $0.line, label: $0.label, nearest: $1)
    }
    self.init(
      name: name, texts: examples.map(\.text), labels: labels, classNames: classNames,
      tokenizer: tokenizer, length: length)
  }
}
