import RetortCore
import RetortFormats
import RetortNN
import RetortSchema

/// Labelled texts in files of one's own: a text, a tab and a label in each line.
public struct LabelledTextFiles: NamedDataset {
  /// Its entry in lists.
  public static let explanation = Explanation(
    "text", "labelled texts in files of your own, as WordPiece tokens",
    """
    Files are UTF-8 without a heading; each line is a text, a tab and a label. The labels of the training \
    file are the classes, in alphabetical order. The vocabulary has one token a line, as the vocab.txt \
    beside published weights of BERT: [PAD] first, [UNK], [CLS] and [SEP] anywhere. Texts become tokens \
    as Hugging Face's BertTokenizer makes them.
    """, source: "Devlin, Chang, Lee, Toutanova 2019, arXiv 1810.04805")

  /// The file to learn from.
  public var training: String?
  /// The file to be measured on.
  public var test: String?
  /// The file of tokens.
  public var vocabulary: String?
  /// The tokens of an example, `[CLS]`, `[SEP]` and padding included.
  public var length = 128
  /// Whether capitals and accents make no difference.
  public var lowercase = true

  /// No files yet.
  public init() {}

  /// Its keys.
  public static let keys: [Key<LabelledTextFiles>] = [
    .path("training", \.training, "the texts to learn from").required(),
    .path("test", \.test, "the texts to be measured on").required(),
    .path("vocabulary", \.vocabulary, "the tokens, one a line, or a tokenizer.json").required(),
    .int(
      "length", \.length, 3...65_536,
      "the tokens of an example; longer texts are cut off, shorter ones filled up"),
    .bool("lowercase", \.lowercase, "whether capitals and accents make no difference"),
  ]

  /// Sequences of tokens; BERT's vocabulary is assumed until there is a file.
  public var examples: ExampleSpec {
    if let vocabulary, Vocabulary.isJSON(vocabulary) {
      return .tokens(length: length, vocabulary: (try? Vocabulary.read(vocabulary))?.count ?? 1)
    }
    let bytes = vocabulary.flatMap { try? FileBytes.read($0, limit: Vocabulary.byteLimit) }
    let lines = bytes.map { $0.count { $0 == UInt8(ascii: "\n") } + ($0.last == 10 ? 0 : 1) }
    return .tokens(length: length, vocabulary: max(1, lines ?? 30_522))
  }

  /// The training file says it.
  public var classCount: Int? { nil }

  /// All three.
  public var files: [String] { [training, test, vocabulary].compactMap(\.self) }

  /// Reads the three files.
  public func load() throws(DataError) -> DatasetParts {
    guard let training, let test, let vocabulary else {
      throw .outOfRange(
        name: "a path of dataset 'text'", found: "nothing", allowed: "the path of a file")
    }
    let tokens = try asDataError { () throws(FormatError) in try Vocabulary.read(vocabulary) }
    let tokenizer = WordPiece(tokens, lowercase: lowercase)
    let examples = try asDataError { () throws(FormatError) in try LabelledText.read(training) }
    let classNames = Set(examples.map(\.label)).sorted()
    guard classNames.count > 1 else {
      throw .outOfRange(
        name: "the number of classes in \(training)", found: "1", allowed: "at least 2")
    }
    return DatasetParts(
      training: try TextDataset(
        name: "text training", examples, of: training, classNames: classNames,
        tokenizer: tokenizer, length: length),
      test: try TextDataset(
        name: "text test", path: test, classNames: classNames, tokenizer: tokenizer,
        length: length),
      examples: .tokens(length: length, vocabulary: tokens.count), tokenizer: tokenizer)
  }

  /// Leaves of each path the last name.
  public mutating func shortenPaths() {
    training = training.map(FilePath.name(of:))
    test = test.map(FilePath.name(of:))
    vocabulary = vocabulary.map(FilePath.name(of:))
  }
}
