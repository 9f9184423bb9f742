/// A trie of tokens, which finds those that a text begins with in one walk.
///
/// Tokens are compared scalar by scalar: an accented letter differs from the letter followed by a combining
/// accent.
struct PrefixTree: Sendable {
  /// The node of the empty prefix.
  static let root: Int32 = 0
  /// The token that ends at each node; -1 for none.
  private var ids: [Int32] = [-1]
  /// The child of a node by scalar.
  private var children = PairTable()

  /// Adds a token; returns the id of an equal token that is already present, else nil.
  mutating func insert(_ token: some Sequence<Unicode.Scalar>, id: Int32) -> Int32? {
    var node = Self.root
    for scalar in token {
      let known = children[node, scalar.value]
      if known >= 0 {
        node = known
      } else {
        let child = Int32(ids.count)
        ids.append(-1)
        children[node, scalar.value] = child
        node = child
      }
    }
    if ids[Int(node)] >= 0 { return ids[Int(node)] }
    ids[Int(node)] = id
    return nil
  }

  /// The node of the prefix; -1 for one that no token has.
  func node(of prefix: some Sequence<Unicode.Scalar>) -> Int32 {
    var node = Self.root
    for scalar in prefix {
      node = children[node, scalar.value]
      if node < 0 { return node }
    }
    return node
  }

  /// The id of a token; nil for none.
  func id(of token: some Sequence<Unicode.Scalar>) -> Int32? {
    let node = node(of: token)
    return node < 0 || ids[Int(node)] < 0 ? nil : ids[Int(node)]
  }

  /// The longest token that `text` begins with, below `start`; nil for none.
  func longestMatch(
    of text: ArraySlice<Unicode.Scalar>, below start: Int32 = root
  ) -> (id: Int32, length: Int)? {
    var best: (id: Int32, length: Int)?
    visitMatches(of: text, below: start) { best = ($0, $1) }
    return best
  }

  /// Calls `body` with id and length of each token that `text` begins with, below `start`, the shortest first.
  @inline(__always)
  func visitMatches(
    of text: ArraySlice<Unicode.Scalar>, below start: Int32 = root,
    _ body: (_ id: Int32, _ length: Int) -> Void
  ) {
    guard start >= 0 else { return }
    var node = start
    var length = 0
    for scalar in text {
      node = children[node, scalar.value]
      if node < 0 { return }
      length += 1
      if ids[Int(node)] >= 0 { body(ids[Int(node)], length) }
    }
  }
}
