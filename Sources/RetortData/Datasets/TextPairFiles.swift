import RetortFormats
import RetortNN
import RetortSchema

/// Pairs of texts in files of one's own: two texts with a tab between them in each line.
public struct TextPairFiles: TextSource {
  /// Its entry in lists.
  public static let explanation = Explanation(
    "text-pairs", "pairs of texts that belong together, in files of your own",
    """
    Files are UTF-8 without a heading; each line is a text, a tab, and the text that is to be found by it: \
    questions and answers, titles and articles. Models that give vectors learn on them, such as \
    'sentence-bert', and are measured by how often the right one of all second texts of the test file is the \
    nearest. Of a file whose name ends in .pod, Perl's documentation, the headings =head2 look for what is \
    below them; a folder stands for the nine parts of perlfaq in it. The vocabulary is as that of dataset 'text'.
    """, source: "Reimers, Gurevych 2019, arXiv 1908.10084")

  /// The file to learn from.
  public var training: String?
  /// The file to be measured on.
  public var test: String?
  /// How texts become tokens.
  public var encoding = TextEncoding()

  /// No files yet.
  public init() {}

  /// Its keys.
  public static let keys: [Key<TextPairFiles>] =
    [
      .path("training", \.training, "the pairs to learn from").required(),
      .path("test", \.test, "the pairs to be measured on").required(),
    ] + .encoding()

  /// Vectors.
  public var outputs: OutputKind { .vectors }
  /// One, which says nothing.
  public var classCount: Int? { 1 }
  /// All that are named, and those of a folder.
  public var files: [String] {
    [training, test, encoding.vocabulary].compactMap(\.self).flatMap(TextPair.files)
  }

  /// Reads all three.
  public func load() throws(DataError) -> DatasetParts {
    guard let training, let test else {
      throw .outOfRange(
        name: "a path of dataset 'text-pairs'", found: "nothing", allowed: "the path of a file")
    }
    let (learnt, measured) = try asDataError { () throws(FormatError) in
      (try TextPair.readAny(training), try TextPair.readAny(test))
    }
    return try encoding.pairs("text-pairs", training: learnt, test: measured)
  }

  /// Leaves of each path the last name.
  public mutating func shortenPaths() {
    training = training.map(FilePath.name(of:))
    test = test.map(FilePath.name(of:))
    encoding.vocabulary = encoding.vocabulary.map(FilePath.name(of:))
  }
}

extension TextEncoding {
  /// The parts of a dataset of pairs.
  ///
  /// - Throws: `DataError` for a vocabulary that is missing or damaged.
  func pairs(
    _ name: String, training: [TextPair], test: [TextPair]
  ) throws(DataError) -> DatasetParts {
    let tokenizer = try tokenizer()
    func dataset(_ part: String, _ pairs: [TextPair]) -> TextPairs {
      TextPairs(
        name: "\(name) \(part)", pairs.map { ($0.query, $0.document) }, tokenizer: tokenizer,
        length: length)
    }
    return DatasetParts(
      training: dataset("training", training), test: dataset("test", test),
      examples: .tokens(length: length, vocabulary: tokenizer.count),
      tokenizer: tokenizer)
  }
}
