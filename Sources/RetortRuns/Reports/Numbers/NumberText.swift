/// `value` with `digits` decimals, at most 15; from 1e15 on in the shortest form that reads back the same.
package func fixed(_ value: Double, _ digits: Int) -> String {
  guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
  var scale = 1
  for _ in 0..<max(0, min(digits, 15)) { scale *= 10 }
  // Split before scaling, as the scaled whole number might not fit in an Int.
  var whole = Int(abs(value))
  var fraction = Int(((abs(value) - Double(whole)) * Double(scale)).rounded())
  if fraction == scale { (whole, fraction) = (whole + 1, 0) }
  let sign = value < 0 && (whole > 0 || fraction > 0) ? "-" : ""
  guard scale > 1 else { return "\(sign)\(whole)" }
  // The sum's extra first digit keeps the fraction's leading zeros and is dropped.
  return "\(sign)\(whole)." + "\(scale + fraction)".dropFirst()
}

/// A duration with a suitable unit.
package func duration(_ seconds: Double) -> String {
  guard seconds.isFinite, seconds < 1e9 else { return "\(seconds) s" }
  if seconds < 1e-3 { return "\(fixed(seconds * 1e6, 1)) µs" }
  if seconds < 1 { return "\(fixed(seconds * 1e3, 2)) ms" }
  if seconds < 120 { return "\(fixed(seconds, 1)) s" }
  let whole = Int(seconds)
  if whole < 7200 { return "\(whole / 60) min \(whole % 60) s" }
  return "\(whole / 3600) h \(whole / 60 % 60) min"
}
