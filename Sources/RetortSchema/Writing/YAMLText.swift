/// A key with its value as YAML.
package struct YAMLEntry: Hashable, Sendable {
  package var key: String
  package var value: String
  /// The elements of a list; empty for other values.
  package var items: [String] = []

  package init(_ key: String, _ value: String) { (self.key, self.value) = (key, value) }

  package init(_ key: String, items: [String]) {
    (self.key, self.items) = (key, items)
    value = YAMLText.list(items)
  }
}

/// Formatting of values as YAML that reads back as the same values.
package enum YAMLText {
  /// A number in the shortest digits that read back the same; integers without a point.
  @Sendable package static func number(_ value: Double) -> String {
    if value == value.rounded(), abs(value) < 1e15 { return "\(Int(value))" }
    let text = "\(value)"
    // YAML 1.1 reads 1e-08 as a string; with a point every version reads a number.
    guard let exponent = text.firstIndex(of: "e"), !text.contains(".") else { return text }
    return text[..<exponent] + ".0" + text[exponent...]
  }

  /// A map on one line.
  package static func map(_ entries: [YAMLEntry]) -> String {
    "{" + entries.map { "\($0.key): \($0.value)" }.joined(separator: ", ") + "}"
  }

  /// A list on one line.
  package static func list(_ items: [String]) -> String {
    "[" + items.joined(separator: ", ") + "]"
  }

  /// A string as a scalar that reads back as the same string.
  @Sendable package static func word(_ text: String) -> String {
    let isPlain =
      text.first.map { $0.isASCII && $0.isLetter } == true
      && text.utf8.allSatisfy { byte in
        let character = Character(Unicode.Scalar(byte))
        return character.isASCII && (character.isLetter || character.isNumber)
          || "-_./".contains(character)
      }
      && !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
    if isPlain { return text }
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": result += "\\\(scalar)"
      case _ where (0x20..<0x7F).contains(scalar.value): result.unicodeScalars.append(scalar)
      default:
        let digits = String(scalar.value, radix: 16)
        result += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
      }
    }
    return result + "\""
  }
}
