import Glibc
import RetortSchema

/// The rate falls to zero as a power of the steps that are left: PyTorch's PolynomialLR.
public struct PolynomialSchedule: TimedSchedule, Hashable {
  /// The entry in lists of schedules.
  public static let explanation = Explanation(
    "polynomial", "down to zero as a power of the steps that are left",
    equation: ["rate(t) = rate · (1 − t / steps)^power"], source: "PyTorch's PolynomialLR")
  /// The keys in recipes.
  public static let keys: [Key<PolynomialSchedule>] = [
    .number("power", \.power, .positive(upTo: 100), "the exponent; 1 is a straight line")
  ]

  /// The step at which the rate reaches zero, ≥ 1.
  public var steps: Int
  /// The exponent, > 0; 1 is a straight line.
  public var power: Double

  /// A descent over `steps` steps.
  public init(steps: Int, power: Double = 1) { (self.steps, self.power) = (steps, power) }

  /// A descent of one step.
  public init() { self.init(steps: 1) }

  /// `(1 - step/steps)^power`; zero from `steps` on.
  public func factor(at step: Int) -> Double {
    pow(1 - Double(min(step, steps)) / Double(max(1, steps)), power)
  }
}
