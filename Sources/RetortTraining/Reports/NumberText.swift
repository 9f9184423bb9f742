/// `value` with `digits` decimals.
package func fixed(_ value: Double, _ digits: Int) -> String {
  guard value.isFinite, abs(value) < 1e15 else { return "\(value)" }
  var scale = 1
  for _ in 0..<digits { scale *= 10 }
  let rounded = Int((abs(value) * Double(scale)).rounded())
  let sign = value < 0 && rounded > 0 ? "-" : ""
  guard digits > 0 else { return "\(sign)\(rounded)" }
  let fraction = "\(rounded % scale)"
  return "\(sign)\(rounded / scale)." + String(repeating: "0", count: digits - fraction.count)
    + fraction
}

/// A duration as people read it.
package func duration(_ seconds: Double) -> String {
  if seconds < 1e-3 { return "\(fixed(seconds * 1e6, 1)) µs" }
  if seconds < 1 { return "\(fixed(seconds * 1e3, 2)) ms" }
  if seconds < 120 { return "\(fixed(seconds, 1)) s" }
  let whole = Int(min(seconds, 1e9))
  if whole < 7200 { return "\(whole / 60) min \(whole % 60) s" }
  return "\(whole / 3600) h \(whole / 60 % 60) min"
}
