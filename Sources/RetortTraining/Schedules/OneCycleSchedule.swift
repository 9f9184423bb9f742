import Glibc
import RetortSchema

/// A rise from a small rate to the full one and a descent to almost nothing, both half cosines:
/// PyTorch's OneCycleLR in two phases, the optimizer's rate being its `max_lr`.
///
/// The momentum, where it cycles, moves inversely: it is smallest where the rate is largest.
///
/// Source: [Smith and Topin 2018](https://arxiv.org/abs/1708.07120).
public struct OneCycleSchedule: TimedSchedule, Hashable {
  /// The entry in lists of schedules.
  public static let explanation = Explanation(
    "one-cycle", "a rise to the full rate and a descent to almost nothing",
    """
    PyTorch's one-cycle policy in two phases; the optimizer's learning rate is its maximum. Where the \
    momentum cycles, as it does unless told otherwise, the optimizer's own counts for nothing.
    """,
    equation: [
      "rate(t) from rate/25 up to rate along half a cosine over the first three tenths,",
      "then down to rate/250000 along another;",
      "momentum(t), β₁ for Adam, from max-momentum down to base-momentum and back",
    ], source: "Smith and Topin 2018, arXiv 1708.07120; PyTorch's OneCycleLR")
  /// The keys in recipes.
  public static let keys: [Key<OneCycleSchedule>] = [
    .bool("cycle-momentum", \.cyclesMomentum, "whether the momentum goes the other way"),
    .number("base-momentum", \.cycle.least, .belowOne, "the momentum at the full rate")
      .only(with: "cycle-momentum", ["true"]),
    .number("max-momentum", \.cycle.largest, .insideUnit, "the momentum at both ends")
      .only(with: "cycle-momentum", ["true"]),
  ]

  /// The number of steps of the whole cycle, ≥ 1.
  public var steps: Int
  /// The share of the steps that the rise takes, in (0, 1).
  public var rise: Double
  /// The ratio of the full rate to the first.
  public var divisor: Double
  /// The ratio of the first rate to the last.
  public var finalDivisor: Double
  /// The momentum at the full rate and at both ends; nil for the optimizer's own.
  public var momentum: MomentumCycle?

  /// A cycle with PyTorch's constants by default.
  public init(
    steps: Int, rise: Double = 0.3, divisor: Double = 25, finalDivisor: Double = 1e4,
    momentum: MomentumCycle? = MomentumCycle()
  ) {
    (self.steps, self.rise, self.momentum) = (steps, rise, momentum)
    (self.divisor, self.finalDivisor) = (divisor, finalDivisor)
  }

  private var cyclesMomentum: Bool {
    get { momentum != nil }
    set { momentum = newValue ? cycle : nil }
  }

  private var cycle: MomentumCycle {
    get { momentum ?? MomentumCycle() }
    set { if cyclesMomentum { momentum = newValue } }
  }

  /// A cycle of one step.
  public init() { self.init(steps: 1) }

  /// The rise ends at step `rise·steps - 1`, the descent at `steps - 1`.
  public func factor(at step: Int) -> Double {
    value(at: step, ends: (1 / divisor, 1 / divisor / finalDivisor), peak: 1)
  }

  /// The momentum, from the largest to the smallest and back.
  public func momentum(at step: Int) -> Double? {
    momentum.map { value(at: step, ends: ($0.largest, $0.largest), peak: $0.least) }
  }

  private func value(at step: Int, ends: (first: Double, last: Double), peak: Double) -> Double {
    let turn = rise * Double(steps) - 1
    let last = Double(steps - 1)
    let now = min(Double(step), last)
    if now <= turn { return OneCycleSchedule.anneal(ends.first, peak, turn > 0 ? now / turn : 1) }
    return OneCycleSchedule.anneal(peak, ends.last, (now - turn) / (last - turn))
  }

  private static func anneal(_ start: Double, _ end: Double, _ share: Double) -> Double {
    end + (start - end) / 2 * (1 + cos(Double.pi * share))
  }
}

/// The bounds of a cycling momentum, in [0, 1).
public struct MomentumCycle: Hashable, Sendable {
  /// The momentum at the full rate.
  public var least: Double
  /// The momentum at both ends.
  public var largest: Double

  /// Bounds as in PyTorch by default.
  public init(least: Double = 0.85, largest: Double = 0.95) {
    (self.least, self.largest) = (least, largest)
  }
}
