import RetortCore

/// Which of a heavy kernel's two forms to launch.
package enum KernelForm: String, Sendable, Codable, CaseIterable {
  /// One work-item walks a tile with wide vectors; no local memory. For CPU devices.
  case vector
  /// A work-group shares tiles in local memory. For GPUs.
  case tiled

  /// The value of FORM in kernel sources.
  var macro: String { self == .vector ? "1" : "2" }
}

/// Turns the steps of one plan into commands.
///
/// A list of steps is analysed first (`LoweringAnalysis`); then each is lowered by itself, from the step and
/// its analysis. Each kind of step has one method in `Lowering/<Op>.swift`, written as an
/// extension: `mutating func pooling(_ step: Step, _ pooling: PoolingStep)`. It appends its launches with
/// `add` and names buffers by `input`, `output`, `scratch` and `table`. Between steps stay the resources,
/// and what contractions have done or left of others' work.
package struct Lowering {
  /// The plan.
  package let plan: Plan
  /// The limits of the device that the plan is lowered for.
  package let device: DeviceLimits
  /// The form that heavy kernels take.
  package let form: KernelForm
  /// The choices for contractions.
  package var tuning: TuningTable
  /// The matrix units that tiled contractions run on; nil for float32.
  package let matrix: MatrixUnits?
  /// The fence that lets a contraction's last work-groups combine its tiles; nil leaves that to a launch.
  package let fence: DeviceFence?

  private var scratchAllocator = ScratchAllocator()
  private var tableStore = TableStore()
  private var packedWeights = PackedWeights()
  /// The work of steps to come that contractions have done, by those steps' indices.
  private var handovers: [Int: Handover] = [:]
  private var deferredSums = DeferredSums()
  /// The commands of the current step so far.
  private var commands: [DeviceCommand] = []

  /// Starts with no commands.
  package init(
    _ plan: Plan, device: DeviceLimits, form: KernelForm, tuning: TuningTable = TuningTable(),
    matrix: MatrixUnits? = nil, fence: DeviceFence? = nil
  ) {
    self.plan = plan
    self.device = device
    self.form = form
    self.tuning = tuning
    self.matrix = matrix
    self.fence = fence
  }

  /// Bytes of each scratch buffer asked for, without slack.
  package var scratchByteCounts: [Int] { scratchAllocator.byteCounts }
  /// The contents of each table asked for.
  package var tables: [[UInt8]] { tableStore.contents }

  // MARK: Lists of steps

  /// The analyses of the plan's setup and of one run.
  package var analyses: (setup: LoweringAnalysis, steps: LoweringAnalysis) {
    (
      LoweringAnalysis(plan.setup, of: plan, form: form),
      LoweringAnalysis(plan.steps, of: plan, form: form, isRun: true)
    )
  }

  /// The commands of the plan's setup, including those that pack weights for all runs, and of one run.
  package mutating func lower() throws -> (setup: [DeviceCommand], steps: [DeviceCommand]) {
    let analyses = analyses
    let setup = try lower(analyses.setup)
    let steps = try lower(analyses.steps)
    return (setup + packedWeights.preparation, steps)
  }

  /// The commands of `steps`; scratch and tables are shared with earlier calls.
  package mutating func lower(_ steps: [Step]) throws -> [DeviceCommand] {
    try lower(LoweringAnalysis(steps, of: plan, form: form))
  }

  private mutating func lower(_ analysis: LoweringAnalysis) throws -> [DeviceCommand] {
    var all: [DeviceCommand] = []
    for step in analysis.steps { all += try lower(step) }
    commands = []
    makeDeferredSums()
    return all + commands
  }

  private mutating func lower(_ analysis: StepAnalysis) throws -> [DeviceCommand] {
    let step = analysis.step
    commands = []
    scratchAllocator.beginStep(holding: handovers.values.compactMap(\.scratch))
    settle(analysis.settles)
    switch handovers.removeValue(forKey: analysis.index) {
    case .finished: break
    case .partials(let partials): add(partials.launch(step, on: device))
    case nil: try lower(step, analysis)
    }
    return commands.map { $0.described(as: step, of: plan) }
  }

  // MARK: Commands and buffers of a step

  /// Appends a kernel.
  package mutating func add(_ launch: Launch) { commands.append(.kernel(ofForm(launch))) }
  /// Appends a matrix product by CLBlast.
  package mutating func add(_ call: SgemmCall) { commands.append(.sgemm(call)) }
  /// Appends a copy.
  package mutating func add(_ call: CopyCall) { commands.append(.copy(call)) }

  // Entries of the other form are not compiled.
  private func ofForm(_ launch: Launch) -> Launch {
    var launch = launch
    if launch.family != nil { launch.macros.append("FORM", form.macro) }
    return launch
  }

  /// The buffer of the step's input `index`.
  package func input(_ step: Step, _ index: Int) -> BufferReference { .value(step.inputs[index]) }

  /// The buffer of the step's output `index`.
  package func output(_ step: Step, _ index: Int = 0) -> BufferReference {
    .value(step.outputs[index])
  }

  /// Scratch space for the current step, with the usual slack behind it; later steps use the same
  /// memory again.
  package mutating func scratch(byteCount: Int) -> BufferReference {
    .scratch(scratchAllocator.take(byteCount: byteCount))
  }

  /// Constant data for a kernel, uploaded once when the plan is compiled.
  package mutating func table<T: BitwiseCopyable>(_ values: [T]) -> BufferReference {
    .table(tableStore.index(of: values))
  }

  /// The step's weight, its second input, in the form that `launch` writes into the buffer it is given.
  ///
  /// The form of a weight that no run changes is written once, after the plan's setup; that of another
  /// once a run, if several steps want it.
  mutating func packed(
    _ analysis: StepAnalysis, byteCount: Int, by launch: (BufferReference) -> Launch
  ) -> BufferReference {
    let form = analysis.weight.map {
      PackedWeights.Form($0, by: launch(input(analysis.step, 1)))
    }
    if let form, let known = packedWeights.buffers[form] { return known }
    guard let form, let lifetime = analysis.weight?.lifetime, lifetime != .step else {
      let buffer = scratch(byteCount: byteCount)
      add(launch(buffer))
      return buffer
    }
    let buffer = BufferReference.scratch(scratchAllocator.takeForGood(byteCount: byteCount))
    packedWeights.buffers[form] = buffer
    if lifetime == .program {
      packedWeights.preparation.append(.kernel(ofForm(launch(buffer))))
    } else {
      add(launch(buffer))
    }
    return buffer
  }

  /// The error of a step that no kernel can run.
  package func unsupported(_ step: Step, _ reason: String) -> BackendError {
    .unsupported(step: step.label, backend: "OpenCL", reason: reason)
  }

  // MARK: Work for other steps

  /// Space for the partial sums of a contraction that a later launch adds up; nil if they may not wait
  /// or take too much memory.
  mutating func deferredPartials(_ analysis: StepAnalysis, splits: Int) -> BufferReference? {
    guard let deferral = analysis.deferral else { return nil }
    let byteCount = (4 * deferral.count * splits).roundedUp(toMultipleOf: Plan.alignment)
    guard byteCount <= DeferredSums.byteLimit else { return nil }
    if !deferredSums.accepts(deferral, byteCount: byteCount) { makeDeferredSums() }
    let offset = deferredSums.byteCount
    let buffer = scratchAllocator.take(for: .deferredSums, byteCount: offset + byteCount)
    deferredSums.append(deferral, of: analysis.index, splits: splits, byteCount: byteCount)
    return .scratchPart(buffer, offset: offset, byteCount: byteCount)
  }

  /// Makes all deferred sums if one of `steps`' is among them.
  mutating func settle(_ steps: Set<Int>) {
    if deferredSums.contains(anyOf: steps) { makeDeferredSums() }
  }

  private mutating func makeDeferredSums() {
    guard !deferredSums.isEmpty else { return }
    let partial = scratchAllocator.take(for: .deferredSums, byteCount: 0)
    let segments = table(deferredSums.segments)
    add(deferredSums.launch(from: .scratch(partial), segments: segments))
    deferredSums = DeferredSums()
  }

  /// The buffers that a contraction leaves `statistics` in: the results of the step that wants them if
  /// they may be written now, else those that this step's launch combines.
  mutating func target(
    of statistics: ColumnStatistics, rows: Int, columns: Int, _ tiles: RowTiles
  ) -> StatisticsTarget {
    let count = tiles.count * tiles.parts
    let runs = count.ceilDivided(by: TilePartials.run)
    let scratch = scratchAllocator.take(
      byteCount: 4 * statistics.count(tiles: count, runs: runs) * columns)
    guard fence != nil, statistics.mayFinish else {
      handovers[statistics.reader] = .partials(
        TilePartials(
          scratch: scratch, statistics: statistics, tiles: count, height: tiles.rows, rows: rows,
          columns: columns))
      return StatisticsTarget(buffer: .scratch(scratch), combined: nil)
    }
    handovers[statistics.reader] = .finished
    let arrivals = scratchAllocator.take(
      for: .arrivals, byteCount: 4 * tiles.blocks * (1 + runs))
    return StatisticsTarget(
      buffer: .scratch(scratch),
      combined: (.scratch(arrivals), statistics.results.map { .value($0) }))
  }
}

/// The work of a step that a contraction before it has done.
private enum Handover {
  /// All of it: the results are written.
  case finished
  /// The statistics of tiles, which the step's launch combines.
  case partials(TilePartials)

  /// The scratch buffer that must last until the step.
  var scratch: Int? { if case .partials(let partials) = self { partials.scratch } else { nil } }
}

extension DeviceCommand {
  /// The command with the step's task; the main launch is credited with all of the step's work.
  fileprivate func described(as step: Step, of plan: Plan) -> DeviceCommand {
    guard case .kernel(var launch) = self else { return self }
    if launch.task.isEmpty { launch.task = step.kind.summary }
    if launch.part == nil { launch.work = StepWork(step, of: plan) }
    return .kernel(launch)
  }
}
