/// The tokens of a WordPiece tokenizer; a token's id is its index in the list.
///
/// Tokens are compared scalar by scalar: an accented letter differs from the letter followed by a combining
/// accent.
public struct Vocabulary: Equatable, Sendable {
  /// The tokens in the order of their ids; a token that continues a word begins with `##`.
  public let tokens: [String]
  /// The id of the padding token `[PAD]`: 0, as in BERT's published models.
  public static let padding: Int32 = 0
  /// The id of the token `[UNK]`, for words without tokens.
  public let unknown: Int32
  /// The id of the token `[CLS]`, which begins every sequence.
  public let classification: Int32
  /// The id of the token `[SEP]`, which ends every sequence.
  public let separator: Int32
  /// The tokens that texts may spell out.
  let special: [AddedTokens.Token]
  private let tree: PrefixTree
  /// Where the tokens that continue a word begin in the tree; -1 for none.
  private let continuation: Int32

  /// Whether both have the same tokens in the same order, compared scalar by scalar.
  public static func == (a: Vocabulary, b: Vocabulary) -> Bool {
    a.count == b.count && zip(a.tokens, b.tokens).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
  }

  /// The number of tokens; ids are below it.
  public var count: Int { tokens.count }

  /// A vocabulary of the given tokens.
  ///
  /// - Parameters:
  ///   - tokens: The tokens, in the order of their ids.
  ///   - path: The file's name in errors.
  /// - Throws: `FormatError` with the line of an empty or repeated token or of a `[PAD]` that is not the
  ///   first, or with the name of a missing token.
  public init(_ tokens: [String], path: String) throws(FormatError) {
    var tree = PrefixTree()
    for (index, token) in tokens.enumerated() {
      let place = "line \(index + 1)"
      guard !token.isEmpty else { throw FormatError(path, in: place, .emptyToken) }
      if let known = tree.insert(token.unicodeScalars, id: Int32(index)) {
        throw FormatError(path, in: place, .duplicateToken(token, line: Int(known) + 1))
      }
    }
    func id(_ token: String) throws(FormatError) -> Int32 {
      guard let id = tree.id(of: token.unicodeScalars) else {
        throw FormatError(path, .missingToken(token))
      }
      return id
    }
    guard !tokens.isEmpty else { throw FormatError(path, .empty) }
    let padding = try id("[PAD]")
    guard padding == Self.padding else {
      throw FormatError(path, .paddingNotFirst(line: Int(padding) + 1))
    }
    unknown = try id("[UNK]")
    (classification, separator) = (try id("[CLS]"), try id("[SEP]"))
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].compactMap { name in
      tree.id(of: name.unicodeScalars).map { .init(text: Array(name.unicodeScalars), id: $0) }
    }
    (self.tokens, self.tree) = (tokens, tree)
    continuation = tree.node(of: "##".unicodeScalars)
  }

  /// Reads a file of one token per line, such as `vocab.txt` beside published weights.
  ///
  /// - Throws: `FormatError` for a file that cannot be read, is over 64 MiB or not UTF-8, and as `init`.
  public static func read(_ path: String) throws(FormatError) -> Vocabulary {
    try parse(TextFile.read(path, limit: byteLimit), path: path)
  }

  /// The largest size of a vocabulary file: 64 MiB.
  package static let byteLimit = 1 << 26

  /// The vocabulary in `bytes`, read from `path`.
  package static func parse(
    _ bytes: ArraySlice<UInt8>, path: String
  ) throws(FormatError) -> Vocabulary {
    var tokens: [String] = []
    try TextFile.lines(of: bytes, path: path) { _, line in tokens.append(line) }
    return try Vocabulary(tokens, path: path)
  }

  /// The bytes of a file that `read` accepts.
  package var encoded: [UInt8] { tokens.flatMap { Array($0.utf8) + [UInt8(ascii: "\n")] } }

  /// The longest token that is a prefix of `word`.
  ///
  /// - Parameter continues: Whether `word` is the rest of a word, so that the token begins with `##`.
  /// - Returns: The token's id and its length in scalars; nil if there is none.
  func longestToken(
    of word: ArraySlice<Unicode.Scalar>, continues: Bool
  ) -> (id: Int32, length: Int)? {
    tree.longestMatch(of: word, below: continues ? continuation : PrefixTree.root)
  }
}
