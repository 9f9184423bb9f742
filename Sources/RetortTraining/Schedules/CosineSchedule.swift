import Glibc
import RetortSchema

/// Half a cosine from the full rate down to `floor` of it: PyTorch's CosineAnnealingLR.
///
/// Source: [Loshchilov and Hutter 2017](https://arxiv.org/abs/1608.03983), equation 5, one period.
public struct CosineSchedule: TimedSchedule, Hashable {
  /// The entry in lists of schedules.
  public static let explanation = Explanation(
    "cosine", "down to zero, or a floor, along half a cosine",
    equation: ["rate(t) = rate · (floor + (1 − floor) · (1 + cos(π·t / steps)) / 2)"],
    source: "Loshchilov and Hutter 2017, arXiv 1608.03983, equation 5, one period")
  /// The keys in recipes.
  public static let keys: [Key<CosineSchedule>] = [
    .number(
      "floor", \.floor, .unit, "the last rate as a share of the first; eta_min / lr in PyTorch"
    ).omittedAtDefault()
  ]

  /// The step at which the rate reaches its floor, ≥ 1.
  public var steps: Int
  /// The last rate as a share of the first.
  public var floor: Double

  /// A descent over `steps` steps.
  public init(steps: Int, floor: Double = 0) { (self.steps, self.floor) = (steps, floor) }

  /// A descent of one step.
  public init() { self.init(steps: 1) }

  /// `floor + (1 - floor)·(1 + cos(π·step/steps))/2`; the floor from `steps` on.
  public func factor(at step: Int) -> Double {
    let share = Double(min(step, steps)) / Double(max(1, steps))
    return floor + (1 - floor) * (1 + cos(Double.pi * share)) / 2
  }
}
