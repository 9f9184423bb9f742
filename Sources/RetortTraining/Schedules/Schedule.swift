/// The learning rate of each step, as a multiple of the optimizer's.
///
/// Pure functions of the step, so that a resumed run goes on as it would have.
public protocol Schedule: Sendable {
  /// What multiplies the base learning rate at `step`, counted from 0.
  func factor(at step: Int) -> Double
}

/// The same learning rate throughout.
public struct ConstantSchedule: Schedule, Hashable {
  /// A schedule that changes nothing.
  public init() {}

  /// Always 1.
  public func factor(at step: Int) -> Double { 1 }
}
