import Glibc

/// The rate multiplied by `gamma` every `period` steps: PyTorch's StepLR.
public struct StepSchedule: Schedule, Hashable {
  /// Steps from one drop to the next, ≥ 1.
  public var period: Int
  /// What each drop multiplies by.
  public var gamma: Double

  /// A drop by `gamma` every `period` steps.
  public init(period: Int, gamma: Double = 0.1) { (self.period, self.gamma) = (period, gamma) }

  /// `gamma^⌊step/period⌋`.
  public func factor(at step: Int) -> Double { pow(gamma, Double(step / max(1, period))) }
}
