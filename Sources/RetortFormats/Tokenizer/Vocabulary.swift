/// The tokens of a WordPiece tokenizer, whose ids are their places in the list.
///
/// Tokens are compared scalar by scalar: an accented letter and the same letter before a combining
/// accent are two.
public struct Vocabulary: Equatable, Sendable {
  /// The tokens in the order of their ids; what continues a word begins with `##`.
  public let tokens: [String]
  /// The id that fills sequences up, of `[PAD]`: 0, as BERT's published models take it.
  public static let padding: Int32 = 0
  /// The id of whatever has no token, of `[UNK]`.
  public let unknown: Int32
  /// The id at the beginning of every sequence, of `[CLS]`.
  public let classification: Int32
  /// The id at the end of every sequence, of `[SEP]`.
  public let separator: Int32
  /// The tokens that stand for themselves wherever a text spells them out, with their ids.
  let special: [(name: [Unicode.Scalar], id: Int32)]
  private let tree: PrefixTree

  /// Whether both have the same tokens, scalar by scalar, in the same order.
  public static func == (a: Vocabulary, b: Vocabulary) -> Bool {
    a.count == b.count && zip(a.tokens, b.tokens).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
  }

  /// The number of tokens; ids are below it.
  public var count: Int { tokens.count }

  /// A vocabulary of the given tokens.
  ///
  /// - Parameters:
  ///   - tokens: The tokens, in the order of their ids.
  ///   - path: The file that messages name.
  /// - Throws: `FormatError` with the line of a token that is empty, stands twice or is `[PAD]` and not
  ///   the first; or that names a missing one.
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

  /// Reads a file of one token a line, such as `vocab.txt` beside published weights.
  ///
  /// - Throws: `FormatError` for a file that cannot be read, is over 64 MiB or no UTF-8, and as `init`.
  public static func read(_ path: String) throws(FormatError) -> Vocabulary {
    try parse(TextFile.read(path, limit: byteLimit), path: path)
  }

  /// The size of the largest file that is read: 64 MiB.
  package static let byteLimit = 1 << 26

  /// The tokens in `bytes`, which came from `path`.
  package static func parse(
    _ bytes: ArraySlice<UInt8>, path: String
  ) throws(FormatError) -> Vocabulary {
    var tokens: [String] = []
    try TextFile.lines(of: bytes, path: path) { _, line in tokens.append(line) }
    return try Vocabulary(tokens, path: path)
  }

  /// The file that `read` takes.
  package var encoded: [UInt8] { tokens.flatMap { Array($0.utf8) + [UInt8(ascii: "\n")] } }

  /// The longest token that `word` begins with.
  ///
  /// - Parameter continues: Whether a part of the word came before, so that the token begins with `##`.
  /// - Returns: Its id and the number of scalars of the word; nil where there is none.
  func longestToken(
    of word: ArraySlice<Unicode.Scalar>, continues: Bool
  ) -> (id: Int32, length: Int)? {
    tree.longestMatch(of: word, below: continues ? tree.continuation : PrefixTree.root)
  }
}

/// Tokens by their scalars, so that the longest one is found on one walk.
private struct PrefixTree: Sendable {
  static let root: Int32 = 0
  /// The node that `##` leads to; -1 where no token begins so.
  private(set) var continuation: Int32 = -1
  /// The token that ends at each node; -1 for none.
  private var ids: [Int32] = [-1]
  /// The node that a scalar leads to from a node.
  private var children: [UInt64: Int32] = [:]

  /// Adds a token, unless it is there; its id if so.
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
