import RetortFormats

/// Texts without labels.
public struct UnlabelledTexts: Equatable, Sendable {
  /// The path of the file, or another name of the origin.
  public let path: String
  /// The texts.
  public let texts: [String]

  /// Texts from `path`.
  public init(_ texts: [String], path: String) { (self.path, self.texts) = (path, texts) }

  /// Reads a file of one text per line, or one of texts and labels if its name ends in `.tsv`, `.csv` or `.jsonl`.
  ///
  /// An empty line is an empty text, except in a file with labels, which is read like a training file.
  ///
  /// - Throws: `FormatError` for a file that cannot be read or is an image.
  public init(_ path: String) throws(FormatError) {
    if LabelledText.isTable(path) {
      self.init(try LabelledText.read(path).map(\.text), path: path)
    } else {
      try self.init(lines: FileBytes.read(path, limit: 1 << 31), path: path)
    }
  }

  /// The lines of `bytes`, read from `path`.
  ///
  /// - Throws: `FormatError` for bytes that are not text.
  package init(lines bytes: [UInt8], path: String) throws(FormatError) {
    guard !bytes.starts(with: [0x89, 0x50]) else {
      throw FormatError(path, .unsupported(what: "a picture", supported: "text, one a line"))
    }
    var texts: [String] = []
    let content = try TextFile.content(of: bytes, path: path)
    try TextFile.lines(of: content, path: path) { _, line in texts.append(line) }
    self.init(texts, path: path)
  }
}
