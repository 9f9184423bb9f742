import Glibc
import RetortSchema

/// The rate multiplied by `gamma` every `period` steps: PyTorch's StepLR.
public struct StepSchedule: NamedSchedule, Hashable {
  /// The entry in lists of schedules.
  public static let explanation = Explanation(
    "step", "times a factor after every so many steps",
    equation: ["rate(t) = rate · factor^⌊t / every⌋"], source: "PyTorch's StepLR")
  /// The keys in recipes.
  public static let keys: [Key<StepSchedule>] = [
    .int("every", \.period, 1...1_000_000_000, "steps from one drop to the next").required(),
    .number("factor", \.gamma, .positive(upTo: 1), "what each drop multiplies by"),
  ]

  /// The number of steps between drops, ≥ 1.
  public var period: Int
  /// The factor of each drop.
  public var gamma: Double

  /// A drop by `gamma` every `period` steps.
  public init(period: Int, gamma: Double = 0.1) { (self.period, self.gamma) = (period, gamma) }

  /// A drop by ten at every step.
  public init() { self.init(period: 1) }

  /// `gamma^⌊step/period⌋`.
  public func factor(at step: Int) -> Double { pow(gamma, Double(step / max(1, period))) }
}
