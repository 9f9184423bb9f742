/// A way to split texts into words, as a pre-tokenizer of Hugging Face's `tokenizers`.
enum PreTokenizer: Equatable, Sendable {
  /// Splits as BERT does: at white space, and each mark of punctuation by itself.
  case bert
  /// The characters that stand for the bytes of each word.
  case bytes
  /// A space in front of each part that has none.
  case addSpace
  /// Makes a character of spaces, and with `splits` begins a word at each; `prepends` says which parts get one in
  /// front.
  case metaspace(Unicode.Scalar, prepends: Prepending, splits: Bool)
  /// Splits at matches.
  case split(TextPattern, Behavior, inverted: Bool)
  /// Splits at characters of a class.
  case splitClass(Class, Behavior)

  /// Which parts of a text get a character in front.
  enum Prepending: String, Sendable { case always, first, never }

  /// What becomes of matches.
  enum Behavior: String, CaseIterable, Sendable {
    case removed = "Removed"
    case isolated = "Isolated"
    case mergedWithPrevious = "MergedWithPrevious"
    case mergedWithNext = "MergedWithNext"
    case contiguous = "Contiguous"
  }

  /// Classes of characters.
  enum Class: Sendable {
    case space, punctuation, number

    func has(_ scalar: Unicode.Scalar) -> Bool {
      switch self {
      case .space: UnicodeClasses.isSpace(scalar)
      case .punctuation: UnicodeClasses.isPunctuation(scalar)
      case .number: UnicodeClasses.isNumber(scalar)
      }
    }
  }

  /// A part of a text.
  struct Part {
    var text: ArraySlice<Unicode.Scalar>
    /// Whether it is the start of the text.
    var isFirst: Bool
  }

  /// The words of `parts`, in order; none is empty.
  func words(of parts: [Part]) -> [Part] {
    switch self {
    case .bert:
      return Self.split(
        Self.split(parts, .removed) { Self.matches(of: $0, UnicodeClasses.isSpace) }, .isolated
      ) { Self.matches(of: $0, UnicodeClasses.isPunctuation) }
    case .bytes:
      return parts.map { Part(text: ByteAlphabet.encoded($0.text)[...], isFirst: $0.isFirst) }
    case .addSpace:
      return parts.map {
        $0.text.first == " " ? $0 : Part(text: ([" "] + $0.text)[...], isFirst: $0.isFirst)
      }
    case .metaspace(let sign, let prepends, let splits):
      let marked = parts.map { part in
        var text = part.text.map { $0 == " " ? sign : $0 }
        if text.first != sign, prepends == .always || (prepends == .first && part.isFirst) {
          text.insert(sign, at: 0)
        }
        return Part(text: text[...], isFirst: part.isFirst)
      }
      guard splits else { return marked }
      return Self.split(marked, .mergedWithNext) { Self.matches(of: $0) { $0 == sign } }
    case .split(let pattern, let behavior, let inverted):
      return Self.split(parts, behavior, inverted: inverted) { pattern.matches(in: $0) }
    case .splitClass(let members, let behavior):
      return Self.split(parts, behavior) { Self.matches(of: $0, members.has) }
    }
  }

  /// The ranges of single characters that `isMatch`.
  private static func matches(
    of text: ArraySlice<Unicode.Scalar>, _ isMatch: (Unicode.Scalar) -> Bool
  ) -> [Range<Int>] {
    var ranges: [Range<Int>] = []
    for place in text.indices where isMatch(text[place]) { ranges.append(place..<place + 1) }
    return ranges
  }

  private static func split(
    _ parts: [Part], _ behavior: Behavior, inverted: Bool = false,
    at matches: (ArraySlice<Unicode.Scalar>) -> [Range<Int>]
  ) -> [Part] {
    var words: [Part] = []
    for part in parts {
      let cuts = cuts(of: part.text, at: matches(part.text), inverted: inverted)
      for range in behavior.ranges(cuts) where !range.isEmpty {
        words.append(
          Part(
            text: part.text[range],
            isFirst: part.isFirst && range.lowerBound == part.text.startIndex))
      }
    }
    return words
  }

  /// The matches and what lies between them.
  private static func cuts(
    of text: ArraySlice<Unicode.Scalar>, at matches: [Range<Int>], inverted: Bool
  ) -> [(range: Range<Int>, isMatch: Bool)] {
    var (cuts, end) = ([(range: Range<Int>, isMatch: Bool)](), text.startIndex)
    for match in matches {
      if end < match.lowerBound { cuts.append((end..<match.lowerBound, inverted)) }
      cuts.append((match, !inverted))
      end = match.upperBound
    }
    if end < text.endIndex { cuts.append((end..<text.endIndex, inverted)) }
    return cuts
  }
}

extension PreTokenizer.Behavior {
  /// The ranges that stay of matches and what lies between them.
  fileprivate func ranges(_ cuts: [(range: Range<Int>, isMatch: Bool)]) -> [Range<Int>] {
    switch self {
    case .removed: return cuts.filter { !$0.isMatch }.map(\.range)
    case .isolated: return cuts.map(\.range)
    case .contiguous:
      return merged(cuts) { $0 == $1 }
    case .mergedWithPrevious:
      return merged(cuts) { previous, current in current && !previous }
    case .mergedWithNext:
      var ranges: [Range<Int>] = []
      var follows = false
      for cut in cuts.reversed() {
        if cut.isMatch, !follows, let last = ranges.last {
          ranges[ranges.count - 1] = cut.range.lowerBound..<last.upperBound
        } else {
          ranges.append(cut.range)
        }
        follows = cut.isMatch
      }
      return ranges.reversed()
    }
  }

  private func merged(
    _ cuts: [(range: Range<Int>, isMatch: Bool)], joins: (_ previous: Bool, _ current: Bool) -> Bool
  ) -> [Range<Int>] {
    var (ranges, previous) = ([Range<Int>](), false)
    for cut in cuts {
      if joins(previous, cut.isMatch), let last = ranges.last {
        ranges[ranges.count - 1] = last.lowerBound..<cut.range.upperBound
      } else {
        ranges.append(cut.range)
      }
      previous = cut.isMatch
    }
    return ranges
  }
}
