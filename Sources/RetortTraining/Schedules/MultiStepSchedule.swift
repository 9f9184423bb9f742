import Glibc
import RetortSchema

/// The rate multiplied by `gamma` at each of some steps: PyTorch's MultiStepLR.
public struct MultiStepSchedule: NamedSchedule, Hashable {
  /// Its entry in lists.
  public static let explanation = Explanation(
    "multi-step", "times a factor at each of some steps",
    equation: ["rate(t) = rate · factor^(how many of `at` are at most t)"],
    source: "PyTorch's MultiStepLR")
  /// Its keys.
  public static let keys: [Key<MultiStepSchedule>] = [
    .ints("at", \.milestones, 1...1_000_000_000, "the steps at which it drops").required(),
    .number("factor", \.gamma, .positive(upTo: 1), "what each drop multiplies by"),
  ]

  /// The steps at which it drops; one that is named twice counts twice.
  public var milestones: [Int]
  /// What each drop multiplies by.
  public var gamma: Double

  /// A drop by `gamma` at each of `milestones`.
  public init(milestones: [Int], gamma: Double = 0.1) {
    (self.milestones, self.gamma) = (milestones, gamma)
  }

  /// No drop.
  public init() { self.init(milestones: []) }

  /// `gamma` to the power of how many milestones lie at `step` or before it.
  public func factor(at step: Int) -> Double {
    pow(gamma, Double(milestones.count { $0 <= step }))
  }
}
