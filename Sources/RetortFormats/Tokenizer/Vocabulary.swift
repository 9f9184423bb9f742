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
  /// The tokens that texts may spell out, with their ids.
  let special: [(name: [Unicode.Scalar], id: Int32)]
  private let tree: PrefixTree

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
      tree.id(of: name.unicodeScalars).map { (Array(name.unicodeScalars), $0) }
    }
    (self.tokens, self.tree) = (tokens, tree)
  }

  /// Reads a file of one token per line, such as `vocab.txt` beside published weights, or the WordPiece model in
  /// a `tokenizer.json`.
  ///
  /// - Throws: `FormatError` for a file that cannot be read, is over 64 MiB or not UTF-8, and as `init`.
  public static func read(_ path: String) throws(FormatError) -> Vocabulary {
    guard !isJSON(path) else { return try TokenizerFile.vocabulary(path) }
    return try parse(TextFile.read(path, limit: byteLimit), path: path)
  }

  /// Whether a vocabulary file is a `tokenizer.json` rather than a list of tokens.
  package static func isJSON(_ path: String) -> Bool { path.lowercased().hasSuffix(".json") }

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
    tree.longestMatch(of: word, below: continues ? tree.continuation : PrefixTree.root)
  }
}

/// A trie of the tokens, which finds the longest match in one walk.
private struct PrefixTree: Sendable {
  static let root: Int32 = 0
  /// The node after `##`; -1 if no token begins so.
  private(set) var continuation: Int32 = -1
  /// The token that ends at each node; -1 for none.
  private var ids: [Int32] = [-1]
  /// The child of a node by scalar.
  private var children: [UInt64: Int32] = [:]

  /// Adds a token; returns the id of an equal token that is already present, else nil.
  mutating func insert(_ token: String.UnicodeScalarView, id: Int32) -> Int32? {
    var node = Self.root
    for (depth, scalar) in token.enumerated() {
      if let child = child(of: node, scalar) {
        node = child
      } else {
        let child = Int32(ids.count)
        ids.append(-1)
        children[Self.key(node, scalar)] = child
        node = child
      }
      if depth == 1, token.starts(with: "##".unicodeScalars) { continuation = node }
    }
    if ids[Int(node)] >= 0 { return ids[Int(node)] }
    ids[Int(node)] = id
    return nil
  }

  func id(of token: String.UnicodeScalarView) -> Int32? {
    var node = Self.root
    for scalar in token {
      guard let next = child(of: node, scalar) else { return nil }
      node = next
    }
    return ids[Int(node)] < 0 ? nil : ids[Int(node)]
  }

  func longestMatch(
    of word: ArraySlice<Unicode.Scalar>, below start: Int32
  ) -> (id: Int32, length: Int)? {
    guard start >= 0 else { return nil }
    var (node, best) = (start, (id: Int32, length: Int)?.none)
    for (offset, scalar) in word.enumerated() {
      guard let next = child(of: node, scalar) else { break }
      node = next
      if ids[Int(node)] >= 0 { best = (ids[Int(node)], offset + 1) }
    }
    return best
  }

  private func child(of node: Int32, _ scalar: Unicode.Scalar) -> Int32? {
    children[Self.key(node, scalar)]
  }

  private static func key(_ node: Int32, _ scalar: Unicode.Scalar) -> UInt64 {
    UInt64(UInt32(bitPattern: node)) << 32 | UInt64(scalar.value)
  }
}
