@_spi(_Unicode) import Swift

/// The words of a text by the rules of BERT's tokenizer, in order.
///
/// Control characters are dropped. White space separates words; each Chinese character or punctuation mark is
/// a word. With `lowercase`, accents are dropped too.
///
/// Source: `BasicTokenizer` of [Devlin et al. 2019](https://github.com/google-research/bert), as implemented
/// by the normaliser and pre-tokenizer in Hugging Face's `tokenizers`.
///
/// > Note: Like `tokenizers` and unlike Python's `str.lower`, letters are lowercased one by one, so that a
/// final Σ becomes σ. Its classes of characters and their decompositions are those of Unicode 8.0, and it omits
/// the Chinese characters from U+2B820 to U+2B91F.
struct BERTWords: Sequence, IteratorProtocol {
  private var rest: ArraySlice<Unicode.Scalar>
  private let lowercase: Bool
  /// Words found but not yet returned, the next one last.
  private var found: [ArraySlice<Unicode.Scalar>] = []

  init(_ text: ArraySlice<Unicode.Scalar>, lowercase: Bool) {
    (rest, self.lowercase) = (text, lowercase)
  }

  mutating func next() -> ArraySlice<Unicode.Scalar>? {
    while found.isEmpty {
      guard let chunk = nextChunk() else { return nil }
      found = Self.split(lowercase ? Self.plain(chunk) : chunk).reversed()
    }
    return found.popLast()
  }

  /// The text before the next white space or Chinese character, or such a character; nil at the end.
  private mutating func nextChunk() -> [Unicode.Scalar]? {
    var chunk: [Unicode.Scalar] = []
    while let scalar = rest.first {
      if Self.isChinese(scalar) {
        if chunk.isEmpty {
          rest.removeFirst()
          return [scalar]
        }
        return chunk
      }
      rest.removeFirst()
      if Self.isSpace(scalar) {
        if !chunk.isEmpty { return chunk }
      } else if !Self.isDropped(scalar) {
        chunk.append(scalar)
      }
    }
    return chunk.isEmpty ? nil : chunk
  }

  /// The chunk in lower case without accents.
  private static func plain(_ chunk: [Unicode.Scalar]) -> [Unicode.Scalar] {
    if chunk.allSatisfy(\.isASCII) {
      return chunk.map { isCapital($0) ? Unicode.Scalar(UInt8($0.value) | 0x20) : $0 }
    }
    return decomposed(chunk).filter { category($0) != .nonspacingMark }
      .flatMap { $0.properties.lowercaseMapping.unicodeScalars }
  }

  /// The canonical decomposition of the chunk, in which newer characters stay as they are.
  private static func decomposed(_ chunk: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var (result, known) = ([Unicode.Scalar](), String.UnicodeScalarView())
    for scalar in chunk {
      if isKnown(scalar) {
        known.append(scalar)
      } else {
        result += Array(String(known)._nfd) + [scalar]
        known = String.UnicodeScalarView()
      }
    }
    return result + Array(String(known)._nfd)
  }

  /// Whether Unicode 8.0 has the character.
  private static func isKnown(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII || scalar.properties.age.map { $0.major <= 8 } == true
  }

  /// The general category in Unicode 8.0.
  private static func category(_ scalar: Unicode.Scalar) -> Unicode.GeneralCategory {
    switch scalar.value {
    // These have others since.
    case 0x166D, 0x111C9: .otherPunctuation
    case 0x1734, 0x1171E: .nonspacingMark
    case 0x1885, 0x1886: .otherLetter
    case 0xA9BD: .spacingMark
    default: isKnown(scalar) ? scalar.properties.generalCategory : .unassigned
    }
  }

  /// The parts between punctuation marks, and the marks.
  private static func split(_ chunk: [Unicode.Scalar]) -> [ArraySlice<Unicode.Scalar>] {
    var words: [ArraySlice<Unicode.Scalar>] = []
    var start = 0
    for (index, scalar) in chunk.enumerated() where isPunctuation(scalar) {
      if start < index { words.append(chunk[start..<index]) }
      words.append(chunk[index...index])
      start = index + 1
    }
    if start < chunk.count { words.append(chunk[start...]) }
    return words
  }

  private static func isCapital(_ scalar: Unicode.Scalar) -> Bool { "A"..."Z" ~= scalar }

  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar {
    case " ", "\t", "\n", "\r": true
    case _ where scalar.isASCII || scalar == "\u{85}": false
    default: scalar.properties.isWhitespace
    }
  }

  private static func isDropped(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value < 0x20 || scalar.value == 0x7F }
    return switch category(scalar) {
    case .control, .format, .privateUse, .surrogate: true
    default: scalar == "\u{FFFD}"
    }
  }

  private static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
      return switch scalar {
      case "0"..."9", "A"..."Z", "a"..."z": false
      default: scalar.value > 0x20 && scalar.value < 0x7F
      }
    }
    return switch category(scalar) {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation:
      true
    default: false
    }
  }

  private static func isChinese(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x2A6DF, 0x2A700...0x2B73F,
      0x2B740...0x2B81F, 0x2B920...0x2CEAF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}
