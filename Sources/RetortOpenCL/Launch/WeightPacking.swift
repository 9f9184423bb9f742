import RetortCore

/// Which packed forms of weights exist, and how long the next one is worth keeping.
struct WeightPacking {
  /// How long a packed form stays right and wanted.
  enum Lifetime {
    /// Until the step has read it.
    case step
    /// Until the run ends: what a run writes to variables, it writes last.
    case run
    /// As long as the plan's setup.
    case program
  }

  private struct Form: Hashable {
    let place: Plan.Value.Place
    let entry: String
    let macros: LaunchMacros
  }

  private struct Use: Hashable {
    let place: Plan.Value.Place
    let direction: ConvolutionStep.Direction
  }

  /// Whether the steps are those of a run; during setup nothing is shared.
  var isRunning = false
  private let plan: Plan
  /// Places that setup has written for good.
  private let settled: Set<Plan.Value.Place>
  private var uses: [Use: Int] = [:]
  private var buffers: [Form: BufferReference] = [:]

  init(_ plan: Plan) {
    self.plan = plan
    settled = Set(plan.setup.flatMap(\.outputs).map { plan.values[$0].place })
    for step in plan.steps {
      if let use = use(step) { uses[use, default: 0] += 1 }
    }
  }

  private func use(_ step: Step) -> Use? {
    guard case .convolution(let convolution) = step.kind else { return nil }
    return Use(place: plan.values[step.inputs[1]].place, direction: convolution.direction)
  }

  /// How long the packed weight of `step` may be kept.
  func lifetime(_ step: Step) -> Lifetime {
    guard isRunning, let use = use(step) else { return .step }
    switch use.place {
    case .constant: return .program
    case .variable(let slot, _):
      if plan.variables[slot].isFrozen { return .program }
      return uses[use, default: 0] > 1 ? .run : .step
    case .persistent: return settled.contains(use.place) ? .program : .step
    case .arena, .input: return .step
    }
  }

  private func form(_ weight: Int, _ launch: Launch) -> Form {
    Form(place: plan.values[weight].place, entry: launch.entry, macros: launch.macros)
  }

  /// Where the form of `weight` that `launch` writes is kept.
  func buffer(_ weight: Int, _ launch: Launch) -> BufferReference? {
    buffers[form(weight, launch)]
  }

  /// Remembers that `buffer` holds the form of `weight` that `launch` writes.
  mutating func keep(_ buffer: BufferReference, _ weight: Int, _ launch: Launch) {
    buffers[form(weight, launch)] = buffer
  }
}
