import Glibc

/// The formats of numbers in the report.
enum ReportNumber {
  /// `value` with at most `digits` decimals, without trailing zeros.
  static func plain(_ value: Double, _ digits: Int) -> String {
    var text = fixed(value, digits)
    guard text.contains("."), !text.contains("e") else { return text }
    while text.hasSuffix("0") { text.removeLast() }
    if text.hasSuffix(".") { text.removeLast() }
    return text
  }

  /// A finite `value` with at most six significant digits, in a form that JSON and JavaScript read.
  static func compact(_ value: Double) -> String {
    guard value != 0 else { return "0" }
    if value == value.rounded(), abs(value) < 1e6 { return "\(Int(value))" }
    let exponent = Int(floor(log10(abs(value))))
    // Larger powers of ten are inexact or overflow.
    guard (-280...280).contains(exponent) else { return "\(value)" }
    let scale = pow(10, Double(5 - exponent))
    return "\((value * scale).rounded() / scale)"
  }

  /// A share in percent; a dash for nil.
  static func percent(_ share: Double?) -> String {
    share.map { fixed(100 * $0, 2) + " %" } ?? "–"
  }

  /// `value` with four decimals; a dash for nil.
  static func decimals(_ value: Double?) -> String {
    value.map { fixed($0, 4) } ?? "–"
  }

  /// A count with digits in groups of three; a dash for nil.
  static func count(_ value: Int?) -> String {
    guard let value else { return "–" }
    var (digits, groups) = ("\(value.magnitude)", [String]())
    while digits.count > 3 {
      groups.insert(String(digits.suffix(3)), at: 0)
      digits.removeLast(3)
    }
    return (value < 0 ? "-" : "") + ([digits] + groups).joined(separator: "\u{202F}")
  }

  /// A count with its noun, in the singular for 1.
  static func count(_ value: Int, _ noun: String) -> String {
    "\(count(value)) \(noun)\(value == 1 ? "" : "s")"
  }
}
