import RetortCore
import RetortFormats
import RetortNN
import RetortSchema

/// Labelled texts in files of one's own: tables of texts and labels, or JSON lines.
public struct LabelledTextFiles: TextSource, SharedOut {
  /// Its entry in lists.
  public static let explanation = Explanation(
    "text", "labelled texts in files of your own, as tokens",
    """
    Files are UTF-8; each line is a text, a tab and a label. Files called .csv have commas and may have quotation \
    marks, .jsonl an object a line. A heading, and JSON, may have other columns: 'text-column' and 'label-column' \
    say which are meant, if not text and label. Without test, a share of the texts is measured on, of all classes \
    alike. The labels of the training file are the classes, in order of value where all are whole numbers, else \
    of the alphabet. The vocabulary is a tokenizer.json, of WordPiece, byte pairs or a unigram model, or has one \
    token a line, as the vocab.txt beside published weights of BERT: [PAD] first, [UNK], [CLS] and [SEP] \
    anywhere. Texts become tokens as Hugging Face's tokenizers make them.
    """, source: "Devlin, Chang, Lee, Toutanova 2019, arXiv 1810.04805")

  /// The file to learn from.
  public var training: String?
  /// The file for validation.
  public var validation: String?
  /// The file to be measured on.
  public var test: String?
  /// The columns of texts and of labels; nil for the usual names.
  public var textColumn: String?, labelColumn: String?
  /// The share of the texts that is measured on where there is no part for that.
  public var testShare = 0.2
  /// What the choice of that share depends on.
  public var splitSeed = 0
  /// How texts become tokens.
  public var encoding = TextEncoding()

  /// No files yet.
  public init() {}

  /// Its keys.
  public static let keys: [Key<LabelledTextFiles>] =
    [
      .path("training", \.training, "the texts to learn from").required(),
      .path("validation-set", \.validation, "the texts for validation"),
      .path("test", \.test, "the texts to be measured on"),
      .text(
        "text-column", \.textColumn, "the column of texts in a heading or in JSON, if not text"),
      .text("label-column", \.labelColumn, "the column of labels, if not label"),
      .testShare, .splitSeed,
    ] + .encoding()

  /// The training file says it.
  public var classCount: Int? { nil }

  /// All that are named.
  public var files: [String] {
    [training, validation, test, encoding.vocabulary].compactMap(\.self)
  }

  /// Whether there are files for validation and to be measured on.
  public var hasValidation: Bool { validation != nil && test != nil }

  /// Reads the files.
  public func load() throws(DataError) -> DatasetParts {
    guard let training else {
      throw .outOfRange(
        name: "a path of dataset 'text'", found: "nothing", allowed: "the path of a file")
    }
    let tokenizer = try encoding.tokenizer()
    let columns = TextColumns(text: textColumn, label: labelColumn)
    var classNames: [String]?
    func part(_ name: String, _ path: String) throws(DataError) -> TextDataset {
      let examples = try asDataError { () throws(FormatError) in
        try LabelledText.read(path, columns: columns)
      }
      let names = classNames ?? examples.map(\.label).classNames
      classNames = names
      guard names.count > 1 else {
        throw .outOfRange(
          name: "the number of classes in \(path)", found: "1", allowed: "at least 2")
      }
      return try TextDataset(
        name: "text \(name)", examples, of: path, classNames: names, tokenizer: tokenizer,
        length: encoding.length)
    }
    let learnt = try part("training", training)
    return try parts(
      training: learnt,
      validation: try validation.map { (path) throws(DataError) in try part("validation", path) },
      test: try test.map { (path) throws(DataError) in try part("test", path) },
      examples: .tokens(length: encoding.length, vocabulary: tokenizer.count),
      tokenizer: tokenizer)
  }

  /// Leaves of each path the last name.
  public mutating func shortenPaths() {
    training = training.map(FilePath.name(of:))
    validation = validation.map(FilePath.name(of:))
    test = test.map(FilePath.name(of:))
    encoding.vocabulary = encoding.vocabulary.map(FilePath.name(of:))
  }
}
