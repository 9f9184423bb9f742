/// Tokens and their ids, compared scalar by scalar.
struct TokenTable: Equatable, Sendable {
  private var tree = PrefixTree()
  private let tokens: [(text: [Unicode.Scalar], id: Int32)]
  /// Ids are below it.
  let count: Int
  /// The tokens of bytes, `<0x00>` to `<0xFF>`; -1 for none.
  private let bytes: [Int32]

  /// A token that occurs twice.
  struct Repeated: Error { var token: String }

  /// Whether both have the same tokens with the same ids.
  static func == (a: TokenTable, b: TokenTable) -> Bool {
    a.count == b.count && a.tokens.count == b.tokens.count
      && a.tokens.allSatisfy { b.id(of: $0.text) == $0.id }
  }

  /// A table of tokens with their ids.
  ///
  /// - Throws: `Repeated` for a token that occurs twice.
  init(_ entries: [(token: String, id: Int32)]) throws(Repeated) {
    var tokens: [(text: [Unicode.Scalar], id: Int32)] = []
    tokens.reserveCapacity(entries.count)
    for entry in entries {
      let text = Array(entry.token.unicodeScalars)
      guard tree.insert(text, id: entry.id) == nil else { throw Repeated(token: entry.token) }
      tokens.append((text, entry.id))
    }
    self.tokens = tokens
    count = Int(entries.lazy.map(\.id).max() ?? -1) + 1
    let tree = tree
    bytes = (0..<256).map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      return tree.id(of: "<0x\(byte < 16 ? "0" : "")\(digits)>".unicodeScalars) ?? -1
    }
  }

  /// The id of a token; nil for none.
  func id(of token: some Sequence<Unicode.Scalar>) -> Int32? { tree.id(of: token) }

  /// The tokens that `text` begins with, the shortest first.
  @inline(__always)
  func visitMatches(
    of text: ArraySlice<Unicode.Scalar>, _ body: (_ id: Int32, _ length: Int) -> Void
  ) {
    tree.visitMatches(of: text, body)
  }

  /// Calls `body` with each token.
  func visit(_ body: (_ token: [Unicode.Scalar], _ id: Int32) -> Void) {
    for token in tokens { body(token.text, token.id) }
  }

  /// The tokens of bytes, such as `<0x0A>`; nil if one of them has none.
  func byteTokens(of text: some Sequence<UInt8>) -> [Int32]? {
    var ids: [Int32] = []
    for byte in text {
      guard bytes[Int(byte)] >= 0 else { return nil }
      ids.append(bytes[Int(byte)])
    }
    return ids
  }
}
