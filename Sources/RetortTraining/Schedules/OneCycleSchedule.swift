import Glibc
import RetortSchema

/// A rise from a small rate to the full one and a descent to almost nothing, both half cosines:
/// PyTorch's OneCycleLR in two phases, the optimizer's rate being its `max_lr`.
///
/// Source: [Smith and Topin 2018](https://arxiv.org/abs/1708.07120).
public struct OneCycleSchedule: NamedSchedule, Hashable {
  /// Its entry in lists.
  public static let explanation = Explanation(
    "one-cycle", "a rise to the full rate and a descent to almost nothing",
    "PyTorch's one-cycle policy in two phases; the optimizer's learning rate is its maximum.",
    equation: [
      "rate(t) from rate/25 up to rate along half a cosine over the first three tenths,",
      "then down to rate/250000 along another",
    ], source: "Smith and Topin 2018, arXiv 1708.07120; PyTorch's OneCycleLR")
  /// It has none.
  public static let keys: [Key<OneCycleSchedule>] = []

  /// The number of steps of the whole cycle, ≥ 1.
  public var steps: Int
  /// The share of the steps that the rise takes, in (0, 1).
  public var rise: Double
  /// The full rate over the first.
  public var divisor: Double
  /// The first rate over the last.
  public var finalDivisor: Double

  /// PyTorch's constants unless told otherwise.
  public init(steps: Int, rise: Double = 0.3, divisor: Double = 25, finalDivisor: Double = 1e4) {
    (self.steps, self.rise) = (steps, rise)
    (self.divisor, self.finalDivisor) = (divisor, finalDivisor)
  }

  /// A cycle of one step.
  public init() { self.init(steps: 1) }

  /// The same over `steps` steps.
  public func over(_ steps: Int) -> Self {
    var schedule = self
    schedule.steps = steps
    return schedule
  }

  /// The rise ends at step `rise·steps - 1`, the descent at `steps - 1`.
  public func factor(at step: Int) -> Double {
    let first = 1 / divisor
    let peak = rise * Double(steps) - 1
    let last = Double(steps - 1)
    let now = min(Double(step), last)
    if now <= peak { return OneCycleSchedule.anneal(first, 1, peak > 0 ? now / peak : 1) }
    return OneCycleSchedule.anneal(1, first / finalDivisor, (now - peak) / (last - peak))
  }

  private static func anneal(_ start: Double, _ end: Double, _ share: Double) -> Double {
    end + (start - end) / 2 * (1 + cos(Double.pi * share))
  }
}
