import Glibc
import RetortNN

/// The largest errors of one replayed case; infinite where something was not a number.
public struct VerificationResult: Equatable, Sendable {
  /// Of losses, `|a - b| / max(|b|, 0.01)`.
  public var losses = 0.0
  /// Of first gradients, `‖a - b‖ / ‖b‖` per tensor that is more than rounding.
  public var gradients = 0.0
  /// Of final weights and statistics, `‖a - b‖ / ‖b‖` per tensor; 0 where the case has none.
  public var final = 0.0

  /// No errors so far.
  public init() {}

  /// Whether a float32 engine may be this far off: 2e-5, 2e-5 and 1e-4.
  public var isWithinTolerance: Bool { losses <= 2e-5 && gradients <= 2e-5 && final <= 1e-4 }

  mutating func addLosses(_ found: [Float], expected: [Float]) {
    losses = VerificationResult.larger(losses, VerificationResult.lossError(found, expected))
  }

  /// Gradients of a norm below 1e-6 are what rounding left of zero: nothing is expected of them.
  static func isNegligible(_ gradient: [Float]) -> Bool {
    norm(gradient.map(Double.init)) < 1e-6
  }

  mutating func addGradient(_ found: [Float], expected: [Float]) {
    guard !VerificationResult.isNegligible(expected) else { return }
    gradients = VerificationResult.larger(
      gradients, VerificationResult.relativeDistance(found, expected))
  }

  mutating func addFinal(_ found: [Float], expected: [Float]) {
    final = VerificationResult.larger(final, VerificationResult.relativeDistance(found, expected))
  }

  /// The largest `|a - b| / max(|b|, 0.01)`; infinite for another count or what is no number.
  package static func lossError(_ a: [Float], _ b: [Float]) -> Double {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).reduce(0) {
      larger($0, abs(Double($1.0) - Double($1.1)) / max(abs(Double($1.1)), 0.01))
    }
  }

  /// `‖a - b‖ / ‖b‖`, or `‖a - b‖` where b is zero; infinite as `lossError`.
  package static func relativeDistance(_ a: [Float], _ b: [Float]) -> Double {
    guard a.count == b.count else { return .infinity }
    let distance = norm(zip(a, b).map { Double($0) - Double($1) })
    let length = norm(b.map(Double.init))
    return larger(0, length > 0 ? distance / length : distance)
  }

  package static func norm(_ values: [Double]) -> Double {
    values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }

  private static func larger(_ a: Double, _ b: Double) -> Double {
    b.isNaN ? .infinity : max(a, b)
  }
}
