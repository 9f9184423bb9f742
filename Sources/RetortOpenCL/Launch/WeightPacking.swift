import RetortCore

/// Which packed forms of weights exist, and how long the next one is worth keeping.
struct WeightPacking {
  /// How long a packed form stays right and wanted.
  enum Lifetime {
    /// Until the step has read it.
    case step
    /// Until a step writes into the weight's variable, or the run ends.
    case run
    /// As long as the plan's setup.
    case program
  }

  private struct Form: Hashable {
    let place: Plan.Value.Storage
    let version: Int
    let entry: String
    let macros: LaunchMacros
  }

  private struct Use: Hashable {
    let place: Plan.Value.Storage
    let version: Int
    let direction: ConvolutionStep.Direction
  }

  /// Whether the steps are those of a run; during setup nothing is shared.
  var isRunning = false
  private let plan: Plan
  /// Places that setup has written for good.
  private let settled: Set<Plan.Value.Storage>
  private var uses: [Use: Int] = [:]
  private var buffers: [Form: BufferReference] = [:]
  /// How often the run has written into each variable so far.
  private var versions: [Int: Int] = [:]

  init(_ plan: Plan) {
    self.plan = plan
    settled = Set(plan.setup.flatMap(\.outputs).map { plan.values[$0].storage })
    for step in plan.steps {
      if let use = use(step) { uses[use, default: 0] += 1 }
      advance(past: step)
    }
    versions = [:]
  }

  /// Notes which variables `step` has written into: packed forms of them are of no more use.
  mutating func advance(past step: Step) {
    for output in step.outputs {
      if case .variable(let slot, _) = plan.values[output].storage {
        versions[slot, default: 0] += 1
      }
    }
  }

  private func version(_ place: Plan.Value.Storage) -> Int {
    if case .variable(let slot, _) = place { versions[slot, default: 0] } else { 0 }
  }

  private func use(_ step: Step) -> Use? {
    guard case .convolution(let convolution) = step.kind else { return nil }
    let place = plan.values[step.inputs[1]].storage
    return Use(place: place, version: version(place), direction: convolution.direction)
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
    let place = plan.values[weight].storage
    return Form(
      place: place, version: version(place), entry: launch.entry, macros: launch.macros)
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
