/// A linear rise to the full rate before another schedule begins.
public struct WarmUp: Schedule {
  /// The number of steps that the rise takes, ≥ 0.
  public var steps: Int
  /// The schedule after the rise; its step 0 is the first step after the rise.
  public var schedule: any Schedule

  /// `schedule` after a rise over `steps` steps.
  public init(steps: Int, then schedule: any Schedule) {
    (self.steps, self.schedule) = (steps, schedule)
  }

  /// `(step + 1)/(steps + 1)` of the schedule's first factor while `step < steps`.
  public func factor(at step: Int) -> Double {
    guard step < steps else { return schedule.factor(at: step - steps) }
    return schedule.factor(at: 0) * Double(step + 1) / Double(steps + 1)
  }

  /// The momentum of the schedule; that of its first step during the rise.
  public func momentum(at step: Int) -> Double? { schedule.momentum(at: max(0, step - steps)) }
}
