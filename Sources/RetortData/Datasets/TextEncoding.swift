import RetortFormats
import RetortNN
import RetortSchema

/// How texts become tokens, as recipes say it.
public struct TextEncoding: Hashable, Sendable {
  /// The file of tokens.
  public var vocabulary: String?
  /// The tokens of a text, `[CLS]`, `[SEP]` and padding included.
  public var length = 128
  /// Whether capitals and accents make no difference.
  public var lowercase = true

  /// No file yet.
  public init() {}

  /// Sequences of tokens; BERT's vocabulary is assumed until there is a file.
  public var examples: ExampleSpec {
    if let vocabulary, TokenizerFile.isJSON(vocabulary) {
      return .tokens(length: length, vocabulary: (try? TokenizerFile.read(vocabulary))?.count ?? 1)
    }
    let bytes = vocabulary.flatMap { try? FileBytes.read($0, limit: Vocabulary.byteLimit) }
    let lines = bytes.map { $0.count { $0 == UInt8(ascii: "\n") } + ($0.last == 10 ? 0 : 1) }
    return .tokens(length: length, vocabulary: max(1, lines ?? 30_522))
  }

  /// The tokenizer.
  ///
  /// - Throws: `DataError` for a vocabulary that is missing or damaged, and for a tokenizer.json that takes
  ///   capitals for small letters where `lowercase` is false.
  func tokenizer() throws(DataError) -> Tokenizer {
    guard let vocabulary else {
      throw .outOfRange(name: "vocabulary", found: "nothing", allowed: "the path of a file")
    }
    return try asDataError { () throws(FormatError) in try tokenizer(vocabulary) }
  }

  private func tokenizer(_ path: String) throws(FormatError) -> Tokenizer {
    guard TokenizerFile.isJSON(path) else {
      return Tokenizer(try Vocabulary.read(path), lowercase: lowercase)
    }
    let tokenizer = try TokenizerFile.read(path)
    guard lowercase || !tokenizer.ignoresCase else {
      throw FormatError(
        path, in: "normalizer",
        .unsupported(
          what: "lower case with data.lowercase false",
          supported: "a file of another tokenizer, or no data.lowercase"))
    }
    return tokenizer
  }
}

/// A dataset of texts, which become tokens.
public protocol TextSource: NamedDataset {
  /// How texts become tokens.
  var encoding: TextEncoding { get set }
}

extension TextSource {
  /// Sequences of tokens.
  public var examples: ExampleSpec { encoding.examples }
}

extension Array {
  /// The keys of a dataset's encoding.
  static func encoding<Source: TextSource>() -> [Key<Source>] where Element == Key<Source> {
    [
      .path("vocabulary", \.encoding.vocabulary, "the tokens, one a line, or a tokenizer.json")
        .required(),
      .int(
        "length", \.encoding.length, 3...65_536,
        "the tokens of a text; longer ones are cut off, shorter ones filled up"),
      .bool(
        "lowercase", \.encoding.lowercase,
        "whether capitals and accents make no difference; a tokenizer.json says it itself"),
    ]
  }
}
