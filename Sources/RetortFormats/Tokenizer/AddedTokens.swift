/// The tokens that texts may spell out, such as `[SEP]`, which are found before a text is split.
struct AddedTokens: Equatable, Sendable {
  /// Such a token.
  struct Token: Equatable, Sendable {
    /// How it is spelt.
    var text: [Unicode.Scalar]
    /// Its number.
    var id: Int32
    /// Whether it counts only where no part of a word stands beside it.
    var isWord = false
    /// Whether white space before it belongs to it.
    var takesLeft = false
    /// Whether white space behind it belongs to it.
    var takesRight = false
  }

  /// A part of a text.
  enum Part {
    case token(Int32)
    case text(ArraySlice<Unicode.Scalar>)
  }

  private let tokens: [Token]
  private let tree: PrefixTree
  private let starts: Set<Unicode.Scalar>

  /// Whether both have the same tokens.
  static func == (a: AddedTokens, b: AddedTokens) -> Bool {
    a.tokens.count == b.tokens.count && a.tokens.allSatisfy(b.tokens.contains)
  }

  /// The given tokens; of two that are spelt alike the last counts.
  init(_ tokens: [Token]) {
    var tree = PrefixTree()
    for (index, token) in tokens.enumerated() where !token.text.isEmpty {
      _ = tree.insert(token.text, id: Int32(index))
    }
    (self.tokens, self.tree) = (tokens, tree)
    starts = Set(tokens.compactMap(\.text.first))
  }

  /// The parts of a text, in order: tokens, the longest of those that begin at one place, and what lies between them.
  func parts(of text: ArraySlice<Unicode.Scalar>) -> [Part] {
    guard !starts.isEmpty else { return [.text(text)] }
    var (parts, end, place) = ([Part](), text.startIndex, text.startIndex)
    while place < text.endIndex {
      guard starts.contains(text[place]), let match = tree.longestMatch(of: text[place...]) else {
        place += 1
        continue
      }
      let token = tokens[Int(match.id)]
      var range = place..<place + match.length
      place = range.upperBound
      if token.isWord, Self.isBeside(range, in: text) { continue }
      if token.takesLeft {
        var start = range.lowerBound
        while start > end, UnicodeClasses.isSpace(text[start - 1]) { start -= 1 }
        range = start..<range.upperBound
      }
      if token.takesRight {
        while range.upperBound < text.endIndex, UnicodeClasses.isSpace(text[range.upperBound]) {
          range = range.lowerBound..<range.upperBound + 1
        }
      }
      if end < range.lowerBound { parts.append(.text(text[end..<range.lowerBound])) }
      parts.append(.token(token.id))
      end = range.upperBound
      place = max(place, end)
    }
    if end < text.endIndex { parts.append(.text(text[end...])) }
    return parts
  }

  /// Whether a character of words stands before or behind the range.
  private static func isBeside(_ range: Range<Int>, in text: ArraySlice<Unicode.Scalar>) -> Bool {
    (range.lowerBound > text.startIndex && UnicodeClasses.isWord(text[range.lowerBound - 1]))
      || (range.upperBound < text.endIndex && UnicodeClasses.isWord(text[range.upperBound]))
  }
}
