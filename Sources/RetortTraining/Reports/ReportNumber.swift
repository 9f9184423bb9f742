/// Numbers as the report writes them.
enum ReportNumber {
  /// `value` with at most `digits` decimals, none of them a last zero.
  static func plain(_ value: Double, _ digits: Int) -> String {
    var text = fixed(value, digits)
    guard text.contains(".") else { return text }
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  /// A share in percent; a dash for none.
  static func percent(_ share: Double?) -> String {
    share.map { fixed(100 * $0, 2) + " %" } ?? "–"
  }

  /// A count in groups of three digits; a dash for none.
  static func count(_ value: Int?) -> String {
    guard let value else { return "–" }
    var (digits, groups) = ("\(value)", [String]())
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return ([digits] + groups).joined(separator: "\u{202F}")
  }
}
