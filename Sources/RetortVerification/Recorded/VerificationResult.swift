import Glibc
import RetortNN

/// The largest errors of one replayed case; infinite if a value is NaN or infinite.
public struct VerificationResult: Equatable, Sendable {
  /// The error of losses, `|a - b| / max(|b|, 0.01)`.
  public var losses = 0.0
  /// The error of first gradients, `‖a - b‖ / ‖b‖` per tensor; tensors of rounding errors only are skipped.
  public var gradients = 0.0
  /// The error of final weights and statistics, `‖a - b‖ / ‖b‖` per tensor; 0 if the case has none.
  public var final = 0.0

  /// A result without errors.
  public init() {}

  /// Whether the errors are within float32's tolerance: 2e-5, 2e-5 and 1e-4.
  public var isWithinTolerance: Bool { losses <= 2e-5 && gradients <= 2e-5 && final <= 1e-4 }

  mutating func addLosses(_ found: [Float], expected: [Float]) {
    losses = VerificationResult.larger(losses, VerificationResult.lossError(found, expected))
  }

  /// Whether a gradient has a norm below 1e-6, the rounding error of zero, which is not compared.
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

  /// The largest `|a - b| / max(|b|, 0.01)`; infinite for different lengths, NaN or infinity.
  package static func lossError(_ a: [Float], _ b: [Float]) -> Double {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).reduce(0) {
      larger($0, abs(Double($1.0) - Double($1.1)) / max(abs(Double($1.1)), 0.01))
    }
  }

  /// `‖a - b‖ / ‖b‖`, or `‖a - b‖` where b is zero; infinite as in `lossError`.
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
