/// Splits words by merging pairs of symbols, the pair that was learnt first before all others.
///
/// Source: [Sennrich, Haddow and Birch 2016](https://arxiv.org/abs/1508.07909), as the BPE model of Hugging Face's
/// `tokenizers`.
struct BytePairModel: Equatable, Sendable {
  /// What a file says of such a model beside its tokens and merges.
  struct Options: Equatable, Sendable {
    /// The token of a character that has none; nil where such characters are left out.
    var unknown: Int32?
    /// Whether successive unknown characters are one token.
    var fusesUnknown = false
    /// Whether unknown characters become tokens of their bytes, `<0x0A>`.
    var fallsBackToBytes = false
    /// Whether words that are tokens are taken whole.
    var ignoresMerges = false
    /// What stands before each character of a word but the first.
    var prefix = ""
    /// What stands behind a word's last character.
    var suffix = ""
  }

  /// The tokens by id.
  let tokens: TokenTable
  private let options: Options
  /// The token of one character, by character and place in the word.
  private var symbols = PairTable()
  /// The rank of a pair of tokens.
  private var ranks = PairTable()
  /// The token that each merge makes, by rank.
  private var merged: [Int32] = []

  /// A model of tokens and merges, each of which is a pair of tokens and the token that they make.
  init(_ tokens: TokenTable, merges: [(Int32, Int32, into: Int32)], _ options: Options) {
    (self.tokens, self.options) = (tokens, options)
    let (prefix, suffix) = (
      Array(options.prefix.unicodeScalars), Array(options.suffix.unicodeScalars)
    )
    tokens.visit { token, id in
      for place in Place.allCases {
        let before = place.continues ? prefix : []
        let after = place.ends ? suffix : []
        guard token.count == before.count + 1 + after.count, token.starts(with: before),
          token.suffix(after.count).elementsEqual(after)
        else { continue }
        symbols[place.rawValue, token[token.startIndex + before.count].value] = id
      }
    }
    for merge in merges {
      // Of two merges of one pair the later counts.
      ranks[merge.0, UInt32(bitPattern: merge.1)] = Int32(merged.count)
      merged.append(merge.into)
    }
  }

  /// Where a character stands in its word.
  private enum Place: Int32, CaseIterable {
    case whole, start, inside, end
    var continues: Bool { self == .inside || self == .end }
    var ends: Bool { self == .whole || self == .end }
  }

  /// Appends the ids of one word.
  func append(_ word: ArraySlice<Unicode.Scalar>, to ids: inout [Int32]) {
    if options.ignoresMerges, let id = tokens.id(of: word) {
      ids.append(id)
      return
    }
    var symbols = symbols(of: word)
    if symbols.count < 32 {
      mergeFew(&symbols)
    } else {
      mergeMany(&symbols)
    }
    ids += symbols
  }

  /// The tokens of the characters.
  private func symbols(of word: ArraySlice<Unicode.Scalar>) -> [Int32] {
    var result: [Int32] = []
    result.reserveCapacity(word.count)
    var unknowns = 0
    for (index, scalar) in word.enumerated() {
      let isLast = index == word.count - 1
      let place: Place = index == 0 ? (isLast ? .whole : .start) : (isLast ? .end : .inside)
      let id = symbols[place.rawValue, scalar.value]
      if id >= 0 {
        // The unknown characters before it.
        if let unknown = options.unknown, unknowns > 0 {
          result += repeatElement(unknown, count: unknowns)
        }
        unknowns = 0
        result.append(id)
      } else if options.fallsBackToBytes, let bytes = bytes(of: scalar, at: place) {
        result += bytes
      } else {
        unknowns = options.fusesUnknown ? 1 : unknowns + 1
      }
    }
    if let unknown = options.unknown { result += repeatElement(unknown, count: unknowns) }
    return result
  }

  /// The tokens of a character's bytes; nil if one has none.
  private func bytes(of scalar: Unicode.Scalar, at place: Place) -> [Int32]? {
    let text =
      (place.continues ? options.prefix : "") + String(scalar) + (place.ends ? options.suffix : "")
    return tokens.byteTokens(of: text.utf8)
  }

  /// Merges by looking at all pairs each time.
  private func mergeFew(_ symbols: inout [Int32]) {
    while symbols.count > 1 {
      var (best, place) = (Int32.max, -1)
      for index in 0..<symbols.count - 1 {
        let rank = rank(symbols[index], symbols[index + 1])
        if rank >= 0, rank < best { (best, place) = (rank, index) }
      }
      guard place >= 0 else { return }
      symbols[place] = merged[Int(best)]
      symbols.remove(at: place + 1)
    }
  }

  /// Merges by a heap of pairs, for long words.
  private func mergeMany(_ symbols: inout [Int32]) {
    var next = Array(1...symbols.count)
    var previous = Array(-1..<symbols.count - 1)
    var heap = MinHeap()
    func push(_ place: Int) {
      guard place >= 0, next[place] < symbols.count else { return }
      let rank = rank(symbols[place], symbols[next[place]])
      if rank >= 0 { heap.push(UInt64(rank) << 32 | UInt64(place)) }
    }
    for place in 0..<symbols.count - 1 { push(place) }
    while let top = heap.pop() {
      let (place, id) = (Int(top & 0xFFFF_FFFF), merged[Int(top >> 32)])
      guard symbols[place] >= 0, next[place] < symbols.count else { continue }
      let right = next[place]
      // A pair that is no longer there.
      let found = rank(symbols[place], symbols[right])
      guard found >= 0, merged[Int(found)] == id else { continue }
      symbols[place] = id
      symbols[right] = -1
      next[place] = next[right]
      if next[place] < symbols.count { previous[next[place]] = place }
      push(previous[place])
      push(place)
    }
    symbols.removeAll { $0 < 0 }
  }

  private func rank(_ first: Int32, _ second: Int32) -> Int32 {
    ranks[first, UInt32(bitPattern: second)]
  }
}

/// A binary heap, the least first.
private struct MinHeap {
  private var items: [UInt64] = []

  mutating func push(_ item: UInt64) {
    items.append(item)
    var place = items.count - 1
    while place > 0, items[place] < items[(place - 1) / 2] {
      items.swapAt(place, (place - 1) / 2)
      place = (place - 1) / 2
    }
  }

  mutating func pop() -> UInt64? {
    guard let least = items.first, let last = items.popLast() else { return nil }
    guard !items.isEmpty else { return least }
    items[0] = last
    var place = 0
    while true {
      let first = min(2 * place + 1, items.count)
      let children = first..<min(first + 2, items.count)
      guard let child = children.min(by: { items[$0] < items[$1] }), items[child] < items[place]
      else { return least }
      items.swapAt(child, place)
      place = child
    }
  }
}
