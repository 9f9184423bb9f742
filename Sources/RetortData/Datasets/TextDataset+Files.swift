import RetortCore
import RetortFormats

extension TextDataset {
  /// Reads the texts in the file at `path`, whose labels are class names.
  ///
  /// - Throws: `DataError` for a file that cannot be read, or for a label that is not in `classNames`, with
  ///   its line.
  package init(
    name: String, path: String, classNames: [String], tokenizer: WordPiece, length: Int
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
    tokenizer: WordPiece, length: Int
  ) throws(DataError) {
    let classes = Dictionary(
      classNames.enumerated().map { ($1, Int32($0)) }, uniquingKeysWith: { first, _ in first })
    var labels: [Int32] = []
    for example in examples {
      guard let label = classes[example.label] else {
        throw .unknownClass(
          path: path, line: example.line, label: example.label,
          nearest: nearestNames(to: example.label, in: classNames))
      }
      labels.append(label)
    }
    self.init(
      name: name, texts: examples.map(\.text), labels: labels, classNames: classNames,
      tokenizer: tokenizer, length: length)
  }
}
