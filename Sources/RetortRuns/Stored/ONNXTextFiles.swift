import RetortFormats
import RetortModels
import RetortNN

/// What lies beside an ONNX file that reads texts: its tokenizer, and what `transformers` says of its classes.
struct ONNXTextFiles {
  /// The tokenizer.
  let tokenizer: Tokenizer
  /// The file of its vocabulary.
  let vocabularyPath: String
  /// The kind of examples that the model reads.
  let examples: ExampleSpec
  /// The names of the classes; nil where no file has them.
  let classNames: [String]?

  /// The number of token ids in a text where neither the model nor its tokenizer says it.
  private static let usualLength = 128

  /// Reads `tokenizer.json`, or `vocab.txt`, in the folder of `file`, with `tokenizer_config.json` and
  /// `config.json` where they are; nil for a model that reads no text, and where there is no tokenizer.
  ///
  /// - Throws: `FormatError` for a file that is damaged.
  init?(beside file: ONNXImport) throws(FormatError) {
    let above = FilePath.folder(of: file.model.path)
    let folder = above.isEmpty ? "." : above
    vocabularyPath = TokenizerFile.vocabularyPath(in: folder)
    guard file.readsTokens, FileBytes.isReadable(vocabularyPath) else { return nil }
    tokenizer = try TokenizerFile.read(in: folder)
    let longest = try TokenizerFile.longest(in: folder)
    let length = file.tokenCount ?? longest ?? Self.usualLength
    examples = .tokens(length: length, vocabulary: tokenizer.count)
    let path = "\(folder)/\(StoredConfiguration.name)"
    let json = FileBytes.isReadable(path) ? try JSONValue.read(path, limit: 1 << 20) : nil
    guard let json, json["id2label"]?.members != nil else {
      classNames = nil
      return
    }
    classNames = try HuggingFaceConfiguration.classNames(json, path)
  }
}
