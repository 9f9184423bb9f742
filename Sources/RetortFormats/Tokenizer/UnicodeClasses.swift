/// The classes of characters that tokenizers know, each of the Unicode version that Hugging Face's `tokenizers` has
/// it from.
enum UnicodeClasses {
  /// White space, as `char::is_whitespace` of Rust and `\s` of its patterns.
  static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII { return scalar.value == 0x20 || (9...13).contains(scalar.value) }
    return scalar.properties.isWhitespace
  }

  /// Marks of punctuation in Unicode 8.0, and all of ASCII that is neither letter, digit, space nor control.
  static func isPunctuation(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.isASCII {
      return switch scalar {
      case "0"..."9", "A"..."Z", "a"..."z": false
      default: scalar.value > 0x20 && scalar.value < 0x7F
      }
    }
    return switch olderCategory(scalar) {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation:
      true
    default: false
    }
  }

  /// Whether the given version of Unicode has the character.
  static func has(_ version: Int, _ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII || scalar.properties.age.map { $0.major <= version } == true
  }

  /// The version of Unicode whose normal forms `tokenizers` has.
  static let normalFormVersion = 9
  /// The version of Unicode whose classes its patterns have.
  private static let patternVersion = 16

  /// The general category in Unicode 8.0.
  static func olderCategory(_ scalar: Unicode.Scalar) -> Unicode.GeneralCategory {
    switch scalar.value {
    // These have others since.
    case 0x166D, 0x111C9: .otherPunctuation
    case 0x1734, 0x1171E: .nonspacingMark
    case 0x1885, 0x1886: .otherLetter
    case 0xA9BD: .spacingMark
    default: has(8, scalar) ? scalar.properties.generalCategory : .unassigned
    }
  }

  /// Chinese characters as BERT's tokenizer knows them, without those from U+2B820 to U+2B91F.
  static func isChinese(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xF900...0xFAFF, 0x20000...0x2A6DF, 0x2A700...0x2B73F,
      0x2B740...0x2B81F, 0x2B920...0x2CEAF, 0x2F800...0x2FA1F:
      true
    default: false
    }
  }

  /// Letters, `\p{L}`.
  static func isLetter(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
      has(patternVersion, scalar)
    default: false
    }
  }

  /// Digits and other numbers, `\p{N}`.
  static func isNumber(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .decimalNumber, .letterNumber, .otherNumber: has(patternVersion, scalar)
    default: false
    }
  }

  /// Marks, `\p{M}`.
  static func isMark(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark: has(patternVersion, scalar)
    default: false
    }
  }

  /// Characters of words, `\w`.
  static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    let properties = scalar.properties
    if scalar.isASCII { return properties.isAlphabetic || "0"..."9" ~= scalar || scalar == "_" }
    guard has(patternVersion, scalar) else { return false }
    if properties.isAlphabetic || properties.isJoinControl { return true }
    return switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .connectorPunctuation: true
    default: false
    }
  }
}
