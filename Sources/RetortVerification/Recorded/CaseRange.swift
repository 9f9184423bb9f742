/// The valid range of a case's number, with its description for messages.
struct CaseRange: Sendable {
  let description: String
  let contains: @Sendable (Double) -> Bool

  private static let most = Double(Float.greatestFiniteMagnitude)

  /// Any number that float32 can hold.
  static let finite = CaseRange(description: "a number within the range of float32") {
    abs($0) <= most
  }
  /// At least 0.
  static let notNegative = CaseRange(description: "at least 0, within the range of float32") {
    (0...most).contains($0)
  }
  /// More than 0 in float32 too.
  static let positive = CaseRange(description: "greater than 0, within the range of float32") {
    (Double(Float.leastNormalMagnitude)...most).contains($0)
  }
  /// From 0 to 1.
  static let share = CaseRange(description: "from 0 to 1") { (0...1).contains($0) }
  /// At least 0 and below 1.
  static let belowOne = CaseRange(description: "at least 0 and less than 1") {
    (0..<1).contains($0)
  }
  /// The temperature of a softmax.
  static let temperature = CaseRange(description: "from 1e-6 to 1e6") {
    (1e-6...1e6).contains($0)
  }

  /// A whole number.
  static func whole(_ range: ClosedRange<Int>) -> CaseRange {
    let description = "a whole number from \(range.lowerBound) to \(range.upperBound)"
    return CaseRange(description: description) { value in
      Int(exactly: value).map { range.contains($0) } ?? false
    }
  }
}
