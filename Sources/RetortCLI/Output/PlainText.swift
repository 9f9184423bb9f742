extension String {
  /// The text with characters that would control a terminal or mislead a reader escaped: control characters,
  /// direction marks and other invisible ones become `\u` with their number.
  ///
  /// All output passes through here, as names and messages may come from files. In JSON, where such
  /// characters occur in strings only, these are escapes of the same text.
  ///
  /// - Parameter keepingLines: Whether line breaks and tabs are kept, as in a text of several lines.
  func plain(keepingLines: Bool) -> String {
    guard unicodeScalars.contains(where: { !$0.isPlain }) else { return self }
    var result = String.UnicodeScalarView()
    for scalar in unicodeScalars {
      if scalar.isPlain || keepingLines && (scalar == "\n" || scalar == "\t") {
        result.append(scalar)
        continue
      }
      for unit in UTF16.encode(scalar) ?? .init() {
        let digits = String(unit, radix: 16, uppercase: true)
        let zeros = String(repeating: "0", count: 4 - digits.count)
        result.append(contentsOf: "\\u\(zeros)\(digits)".unicodeScalars)
      }
    }
    return String(result)
  }
}

extension Unicode.Scalar {
  /// Whether the character is visible, a space, or a joiner that some scripts need.
  fileprivate var isPlain: Bool {
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: false
    case .format: self == "\u{200C}" || self == "\u{200D}"
    default: true
    }
  }
}
