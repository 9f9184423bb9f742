import RetortCore

/// A backend without a device: it computes nothing, and remembers the training steps that it is
/// given; whatever is read back is one.
package final class PlanRecorder: Backend {
  /// What messages call it.
  package let name = "no device"
  /// The plans with an optimizer, in the order in which they came.
  package private(set) var plans: [Plan] = []

  /// What the device that the plans are for does.
  package let fusesPrologues: Bool

  /// Remembers nothing yet.
  package init(fusingPrologues: Bool) { fusesPrologues = fusingPrologues }

  /// A buffer that takes no memory.
  package func makeBuffer(count: Int, dtype: DType) -> any DeviceBuffer {
    NullBuffer(count: count, dtype: dtype)
  }

  /// Remembers `plan` if it trains.
  package func compile(_ plan: Plan, variables: [any DeviceBuffer]) -> any Executable {
    let trains = plan.steps.contains { if case .optimizer = $0.kind { true } else { false } }
    if trains { plans.append(plan) }
    return NullExecutable(plan, launchCount: 0)
  }
}
