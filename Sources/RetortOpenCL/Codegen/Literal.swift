/// Numbers as OpenCL C writes them, without loss.
enum Literal {
  /// A float constant in hexadecimal, such as `0x1.8p+1f`.
  static func float(_ value: Float) -> String {
    if value.isNaN { return "NAN" }
    if value.isInfinite { return value < 0 ? "(-INFINITY)" : "INFINITY" }
    let text = value.magnitude == 0 ? "0.0f" : hexadecimal(value.magnitude)
    return value.sign == .minus ? "(-\(text))" : text
  }

  private static func hexadecimal(_ value: Float) -> String {
    // 1 ≤ significand < 2 for denormals too, so that 23 bits after the point always suffice.
    let fraction = UInt32((value.significand - 1) * 0x1p24)
    var digits = String(fraction, radix: 16)
    digits = String(repeating: "0", count: 6 - digits.count) + digits
    while digits.hasSuffix("0") { digits.removeLast() }
    let exponent = value.exponent < 0 ? "\(value.exponent)" : "+\(value.exponent)"
    return "0x1" + (digits.isEmpty ? "" : "." + digits) + "p\(exponent)f"
  }

  /// An int constant; numbers beyond int32 become its nearest end.
  static func int(_ value: Double) -> String {
    let low = Double(Int32.min)
    if value <= low { return "(-2147483647 - 1)" }
    let number = Int(min(value, Double(Int32.max)))
    return number < 0 ? "(\(number))" : "\(number)"
  }
}
