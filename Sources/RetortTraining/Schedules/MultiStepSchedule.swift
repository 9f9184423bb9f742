import Glibc
import RetortSchema

/// The rate multiplied by `gamma` at each of some steps: PyTorch's MultiStepLR.
public struct MultiStepSchedule: NamedSchedule, Hashable {
  /// The entry in lists of schedules.
  public static let explanation = Explanation(
    "multi-step", "times a factor at each of some steps",
    equation: ["rate(t) = rate · factor^(how many of `at` are at most t)"],
    source: "PyTorch's MultiStepLR")
  /// The keys in recipes.
  public static let keys: [Key<MultiStepSchedule>] = [
    .ints("at", \.milestones, 1...1_000_000_000, "the steps at which it drops").required(),
    .number("factor", \.gamma, .positive(upTo: 1), "what each drop multiplies by"),
  ]

  /// The steps at which the rate drops; a repeated step counts twice.
  public var milestones: [Int]
  /// The factor of each drop.
  public var gamma: Double

  /// A drop by `gamma` at each of `milestones`.
  public init(milestones: [Int], gamma: Double = 0.1) {
    (self.milestones, self.gamma) = (milestones, gamma)
  }

  /// No drop.
  public init() { self.init(milestones: []) }

  /// `gamma` to the power of the number of milestones at or before `step`.
  public func factor(at step: Int) -> Double {
    pow(gamma, Double(milestones.count { $0 <= step }))
  }
}
