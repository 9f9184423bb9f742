/// Which numbers a key takes, and how messages say so.
struct NumberRange: Sendable {
  let description: String
  let contains: @Sendable (Double) -> Bool

  /// Greater than zero, at most `limit`.
  static func positive(upTo limit: Double = 1e6) -> NumberRange {
    NumberRange(description: "greater than 0 and at most \(number(limit))") {
      $0 > 0 && $0 <= limit
    }
  }

  /// At least zero, at most `limit`.
  static func notNegative(upTo limit: Double = 1e6) -> NumberRange {
    NumberRange(description: "from 0 to \(number(limit))") { $0 >= 0 && $0 <= limit }
  }

  /// At least one, at most `limit`.
  static func atLeastOne(upTo limit: Double = 1e6) -> NumberRange {
    NumberRange(description: "from 1 to \(number(limit))") { $0 >= 1 && $0 <= limit }
  }

  /// At least zero and less than one.
  static let belowOne = NumberRange(description: "at least 0 and less than 1") {
    $0 >= 0 && $0 < 1
  }

  /// Between zero and one, both excluded.
  static let insideUnit = NumberRange(description: "between 0 and 1") { $0 > 0 && $0 < 1 }
}

/// A number in the shortest digits that read back the same; whole ones without a point.
func number(_ value: Double) -> String {
  if value == value.rounded(), abs(value) < 1e15 { return "\(Int(value))" }
  let text = "\(value)"
  // Readers of YAML 1.1 take 1e-08 for a word; with a point it is a number to all.
  guard let exponent = text.firstIndex(of: "e"), !text.contains(".") else { return text }
  return text[..<exponent] + ".0" + text[exponent...]
}
