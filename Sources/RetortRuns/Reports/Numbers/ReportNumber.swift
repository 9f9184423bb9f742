import Glibc

/// Numbers as the report writes them.
enum ReportNumber {
  /// `value` with at most `digits` decimals, none of them a last zero.
  static func plain(_ value: Double, _ digits: Int) -> String {
    var text = fixed(value, digits)
    guard text.contains("."), !text.contains("e") else { return text }
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  /// `value` with at most six significant digits, as JSON and JavaScript read it; it is finite.
  static func compact(_ value: Double) -> String {
    guard value != 0 else { return "0" }
    if value == value.rounded(), abs(value) < 1e6 { return "\(Int(value))" }
    let exponent = Int(floor(log10(abs(value))))
    // Powers of ten beyond these are no longer exact, or none at all.
    guard (-280...280).contains(exponent) else { return "\(value)" }
    let scale = pow(10, Double(5 - exponent))
    return "\((value * scale).rounded() / scale)"
  }

  /// A share in percent; a dash for none.
  static func percent(_ share: Double?) -> String {
    share.map { fixed(100 * $0, 2) + " %" } ?? "–"
  }

  /// `value` with four decimals; a dash for none.
  static func decimals(_ value: Double?) -> String {
    value.map { fixed($0, 4) } ?? "–"
  }

  /// A count in groups of three digits; a dash for none.
  static func count(_ value: Int?) -> String {
    guard let value else { return "–" }
    var (digits, groups) = ("\(value.magnitude)", [String]())
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return (value < 0 ? "-" : "") + ([digits] + groups).joined(separator: "\u{202F}")
  }

  /// A count with the noun that it counts, in the singular where it is one.
  static func count(_ value: Int, _ noun: String) -> String {
    "\(count(value)) \(noun)\(value == 1 ? "" : "s")"
  }
}
