extension String {
  /// The text without what would steer a terminal or hide how it reads: control characters, marks of
  /// direction and other invisible ones become `\u` with their number.
  ///
  /// Everything that the program writes passes through here, for names and messages may come out of files.
  /// Within JSON, where such characters stand in strings alone, these are escapes of the same text.
  ///
  /// - Parameter keepingLines: Whether line breaks and tabs stay, as in a text of several lines.
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
  /// Whether the character is seen, or a space, or joins letters of scripts that need it.
  fileprivate var isPlain: Bool {
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: false
    case .format: self == "\u{200C}" || self == "\u{200D}"
    default: true
    }
  }
}
