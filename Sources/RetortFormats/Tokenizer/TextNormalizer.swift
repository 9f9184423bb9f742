@_spi(_Unicode) import Swift

/// A change of a text before it is split, as a normalizer of Hugging Face's `tokenizers`.
indirect enum TextNormalizer: Equatable, Sendable {
  /// Drops control characters; all white space becomes spaces.
  case cleanText
  /// Puts spaces around Chinese characters.
  case spaceChinese
  /// Drops marks that do not take up space.
  case dropMarks
  /// Drops all combining marks.
  case stripAccents
  /// Each letter becomes small, whatever stands beside it: a final Σ becomes σ.
  case lowercase
  /// Unicode's normal forms; characters newer than its version 9.0 stay as they are.
  case normalForm(composed: Bool, compatible: Bool)
  /// Drops white space at the start, the end, or both.
  case strip(left: Bool, right: Bool)
  /// Replaces each match.
  case replace(TextPattern, [Unicode.Scalar])
  /// Puts something in front of a text that is not empty.
  case prepend([Unicode.Scalar])
  /// Replaces characters by SentencePiece's table.
  case map(CharacterMap)
  /// Drops control characters and makes other space a space, as SentencePiece's rules for translation do.
  case translation
  /// The characters that stand for the bytes of the text.
  case bytes

  /// The changed text.
  func applied(to text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    switch self {
    case .cleanText:
      return text.compactMap { Self.isDropped($0) ? nil : UnicodeClasses.isSpace($0) ? " " : $0 }
    case .spaceChinese:
      guard text.contains(where: UnicodeClasses.isChinese) else { return text }
      return text.flatMap { UnicodeClasses.isChinese($0) ? [" ", $0, " "] : [$0] }
    case .dropMarks:
      guard !text.allSatisfy(\.isASCII) else { return text }
      return text.filter { UnicodeClasses.olderCategory($0) != .nonspacingMark }
    case .stripAccents:
      guard !text.allSatisfy(\.isASCII) else { return text }
      return text.filter { !Self.isCombining($0) }
    case .lowercase: return Self.lowercased(text)
    case .normalForm(let composed, let compatible):
      return Self.normalForm(text, composed: composed, compatible: compatible)
    case .strip(let left, let right):
      var rest = text[...]
      if left { rest = rest.drop(while: UnicodeClasses.isSpace) }
      while right, let last = rest.last, UnicodeClasses.isSpace(last) { rest.removeLast() }
      return Array(rest)
    case .replace(let pattern, let content):
      var (result, end) = ([Unicode.Scalar](), 0)
      for match in pattern.matches(in: text[...]) {
        result += text[end..<match.lowerBound]
        result += content
        end = match.upperBound
      }
      return end == 0 ? text : result + text[end...]
    case .prepend(let start): return text.isEmpty ? text : start + text
    case .map(let map): return map.applied(to: text)
    case .translation: return text.compactMap(Self.translated)
    case .bytes: return ByteAlphabet.encoded(text[...])
    }
  }

  private static func lowercased(_ text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    if text.allSatisfy(\.isASCII) {
      return text.map { "A"..."Z" ~= $0 ? Unicode.Scalar(UInt8($0.value) | 0x20) : $0 }
    }
    return text.flatMap { $0.properties.lowercaseMapping.unicodeScalars }
  }

  private static func normalForm(
    _ text: [Unicode.Scalar], composed: Bool, compatible: Bool
  ) -> [Unicode.Scalar] {
    if text.allSatisfy(\.isASCII) { return text }
    var (result, known) = ([Unicode.Scalar](), String.UnicodeScalarView())
    func flush() {
      result += composed ? Array(String(known)._nfc) : Array(String(known)._nfd)
      known = String.UnicodeScalarView()
    }
    for scalar in text {
      if !UnicodeClasses.has(UnicodeClasses.normalFormVersion, scalar) {
        flush()
        result.append(scalar)
      } else if compatible, let parts = Compatibility.decomposition(of: scalar) {
        known.append(contentsOf: parts)
      } else {
        known.append(scalar)
      }
    }
    flush()
    return result
  }

  /// Control characters, those that no one has defined, and the mark of what could not be decoded.
  private static func isDropped(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
      return switch scalar {
      case "\t", "\n", "\r": false
      default: scalar.value < 0x20 || scalar.value == 0x7F
      }
    }
    return switch UnicodeClasses.olderCategory(scalar) {
    case .control, .format, .privateUse, .surrogate: true
    default: scalar == "\u{FFFD}"
    }
  }

  private static func isCombining(_ scalar: Unicode.Scalar) -> Bool {
    UnicodeClasses.isMark(scalar)
      && UnicodeClasses.has(UnicodeClasses.normalFormVersion, scalar)
  }

  private static func translated(_ scalar: Unicode.Scalar) -> Unicode.Scalar? {
    switch scalar.value {
    case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: nil
    case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD:
      " "
    default: scalar
    }
  }
}

/// The compatibility decompositions of characters.
private enum Compatibility {
  /// What a character stands for; nil for itself or its canonical decomposition.
  static func decomposition(of scalar: Unicode.Scalar) -> [Unicode.Scalar]? {
    scalar.isASCII ? nil : table[scalar]
  }

  private static let table: [Unicode.Scalar: [Unicode.Scalar]] = {
    var table: [Unicode.Scalar: [Unicode.Scalar]] = [:]
    for entry in CompatibilityTable.entries.split(separator: " ") {
      let halves = entry.split(separator: ":")
      let run = halves[0].split(separator: "+").compactMap { UInt32($0, radix: 16) }
      let parts = halves[1].split(separator: ".").compactMap { UInt32($0, radix: 16) }
      for more in 0...(run.count > 1 ? run[1] : 0) {
        guard let scalar = Unicode.Scalar(run[0] + more) else { continue }
        table[scalar] = ([parts[0] + more] + parts.dropFirst()).compactMap(Unicode.Scalar.init)
      }
    }
    return table
  }()
}

/// The 256 characters that stand for bytes in byte-level models: those of Latin-1 that can be seen stand for
/// themselves, the others are from U+0100 on.
///
/// Source: `bytes_to_unicode` of [GPT-2](https://github.com/openai/gpt-2).
enum ByteAlphabet {
  private static let characters: [Unicode.Scalar] = {
    var others: UInt32 = 0xFF
    return (UInt8.min...UInt8.max).map { byte in
      switch byte {
      case 0x21...0x7E, 0xA1...0xAC, 0xAE...0xFF: return Unicode.Scalar(byte)
      default:
        others += 1
        return Unicode.Scalar(others) ?? "\u{FFFD}"
      }
    }
  }()

  /// The characters of the text's bytes in UTF-8.
  static func encoded(_ text: ArraySlice<Unicode.Scalar>) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(text.count)
    for scalar in text {
      if scalar.isASCII {
        result.append(characters[Int(scalar.value)])
      } else {
        for byte in scalar.utf8 { result.append(characters[Int(byte)]) }
      }
    }
    return result
  }
}
