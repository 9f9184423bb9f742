import RetortCore

/// Which of a heavy kernel's two forms to launch.
package enum KernelForm: String, Sendable, Codable, CaseIterable {
  /// One work-item walks a tile with wide vectors; no local memory. For CPU devices.
  case vector
  /// A work-group shares tiles in local memory. For GPUs.
  case tiled

  /// What kernel sources call it in FORM.
  var macro: String { self == .vector ? "1" : "2" }
}

/// Turns the steps of one plan into commands.
///
/// Each kind of step has one method in `Lowering/<Op>.swift`, written as an extension:
/// `mutating func matmul(_ step: Step, _ matmul: MatmulStep) throws(OpenCLError)`. It appends its
/// launches with `add` and names buffers by `input`, `output`, `scratch` and `table`.
package struct Lowering {
  /// The plan.
  package let plan: Plan
  /// The limits of the device that the plan is lowered for.
  package let device: DeviceLimits
  /// Which form heavy kernels take.
  package let form: KernelForm
  /// What was chosen for contractions.
  package var tuning: TuningTable
  /// The matrix units that tiled contractions run on; nil for float32.
  package let matrix: MatrixUnits?
  /// What lets a contraction's last work-groups combine its tiles; nil leaves that to a launch.
  package let fence: DeviceFence?
  /// The commands so far.
  package private(set) var commands: [DeviceCommand] = []
  private var preparation: [DeviceCommand] = []
  /// Bytes of each scratch buffer asked for, without slack.
  package private(set) var scratchByteCounts: [Int] = []
  /// The contents of each table asked for; equal tables are shared.
  package private(set) var tables: [[UInt8]] = []
  private var tableIndices: [[UInt8]: Int] = [:]
  /// Scratch buffers that the current step may not take: its own, and those that outlive it.
  private var scratchInUse: Set<Int> = []
  private var keptScratch: Set<Int> = []
  private var packing: WeightPacking
  /// The index of the step that is being lowered.
  private var stepIndex = 0
  /// The later steps whose column statistics a contraction may compute on its way.
  private var readers: StatisticsReaders
  /// Column statistics that contractions have computed tile by tile, by the index of the step that reads
  /// them.
  private var partials: [Int: TilePartials] = [:]
  /// The indices of steps that need no launch, since a contraction has written their results.
  private var finished: Set<Int> = []
  /// The scratch buffer in which work-groups count how many have ended; zeros before and after each launch.
  private var counters: Int?
  /// Deferred sums over the splits of contractions, and the scratch buffer of their summands.
  private var splitSums: SplitSums
  private var splitScratch: Int?
  /// Whether sums over splits may be deferred to a later step; not where a step is lowered alone.
  private var mayDefer = false

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
    packing = WeightPacking(plan)
    readers = StatisticsReaders([], of: plan)
    splitSums = SplitSums(plan)
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
    .scratch(freeScratch(byteCount: byteCount))
  }

  private mutating func freeScratch(byteCount: Int) -> Int {
    let free = scratchByteCounts.indices.first { !scratchInUse.contains($0) }
    let index = free ?? scratchByteCounts.count
    if free == nil { scratchByteCounts.append(0) }
    scratchByteCounts[index] = max(scratchByteCounts[index], byteCount)
    scratchInUse.insert(index)
    return index
  }

  /// A scratch buffer that no step takes for itself.
  private mutating func lastingScratch(byteCount: Int) -> Int {
    let index = scratchByteCounts.count
    scratchByteCounts.append(byteCount)
    keptScratch.insert(index)
    scratchInUse.insert(index)
    return index
  }

  /// The step's weight, its second input, in the form that `launch` writes into the buffer it is
  /// given.
  ///
  /// The form of a weight that no run changes is written once, after the plan's setup; that of
  /// another once a run, if several steps want it.
  package mutating func packed(
    _ step: Step, byteCount: Int, by launch: (BufferReference) -> Launch
  ) -> BufferReference {
    let form = launch(input(step, 1))
    if let known = packing.buffer(step.inputs[1], form) { return known }
    let lifetime = packing.lifetime(step)
    guard lifetime != .step else {
      let buffer = scratch(byteCount: byteCount)
      add(launch(buffer))
      return buffer
    }
    let buffer = BufferReference.scratch(lastingScratch(byteCount: byteCount))
    packing.keep(buffer, step.inputs[1], form)
    if lifetime == .program {
      preparation.append(.kernel(ofForm(launch(buffer))))
    } else {
      add(launch(buffer))
    }
    return buffer
  }

  /// Constant data for a kernel, uploaded once when the plan is compiled.
  package mutating func table<T: BitwiseCopyable>(_ values: [T]) -> BufferReference {
    let bytes = values.withUnsafeBytes { Array($0) }
    if let index = tableIndices[bytes] { return .table(index) }
    tables.append(bytes)
    tableIndices[bytes] = tables.count - 1
    return .table(tables.count - 1)
  }

  /// Appends a kernel.
  package mutating func add(_ launch: Launch) { commands.append(.kernel(ofForm(launch))) }

  // Entries of the other form are not compiled.
  private func ofForm(_ launch: Launch) -> Launch {
    var launch = launch
    if launch.family != nil { launch.macros.append("FORM", form.macro) }
    return launch
  }

  /// Appends a matrix product by CLBlast.
  package mutating func add(_ call: SgemmCall) { commands.append(.sgemm(call)) }
  /// Appends a copy.
  package mutating func add(_ call: CopyCall) { commands.append(.copy(call)) }

  /// The commands of the plan's setup, with what packs weights for all runs, and of one run.
  package mutating func lower() throws -> (setup: [DeviceCommand], steps: [DeviceCommand]) {
    let setup = try lower(plan.setup)
    packing.isRunning = true
    let steps = try lower(plan.steps)
    return (setup + preparation, steps)
  }

  /// The commands of `steps`; scratch and tables are shared with earlier calls.
  package mutating func lower(_ steps: [Step]) throws -> [DeviceCommand] {
    commands = []
    readers = StatisticsReaders(steps, of: plan)
    finished = []
    mayDefer = steps.count > 1
    for (index, step) in steps.enumerated() {
      stepIndex = index
      scratchInUse = partials.values.reduce(into: keptScratch) { $0.insert($1.scratch) }
      settle(step.inputs + step.outputs)
      let first = commands.count
      if let partials = partials.removeValue(forKey: index) {
        add(partials.launch(step, on: device))
      } else if !finished.contains(index) {
        try lower(step)
      }
      describe(step, from: first)
      packing.advance(past: step)
    }
    addSplitSums()
    return commands
  }

  /// Space for the partial sums of the current step's only result, which a later launch adds up;
  /// nil if the result is no part of a larger value, partial sums take too much memory, or there is
  /// no other step.
  mutating func deferredPartials(_ step: Step, splits: Int) -> BufferReference? {
    let result = step.outputs[0]
    let byteCount = (4 * plan.values[result].count * splits).rounded(upTo: Plan.alignment)
    guard mayDefer, byteCount <= SplitSums.byteLimit, let place = splitSums.place(of: result) else {
      return nil
    }
    if !splitSums.accepts(place.whole, byteCount: byteCount) { addSplitSums() }
    let index = splitScratch ?? lastingScratch(byteCount: 0)
    splitScratch = index
    let offset = splitSums.byteCount
    scratchByteCounts[index] = max(scratchByteCounts[index], offset + byteCount)
    splitSums.append(result, at: place, splits: splits, byteCount: byteCount)
    return .scratchPart(index, offset: offset, byteCount: byteCount)
  }

  /// Computes deferred sums if `values`, which the current step reads or writes, share memory with one of
  /// their results.
  mutating func settle(_ values: [Int]) {
    if splitSums.touch(values) { addSplitSums() }
  }

  private mutating func addSplitSums() {
    guard let splitScratch,
      let launch = splitSums.launch(from: splitScratch, table: { table($0) })
    else { return }
    add(launch)
    splitSums = SplitSums(plan)
  }

  /// The column statistics that the current contraction is to compute for a later step; nil for none, or
  /// where its tiles cannot.
  func statistics(
    _ epilogue: PointwiseProgram, columns: Int, _ tiles: RowTiles
  ) -> TileStatistics? {
    readers.statistics(of: stepIndex, epilogue, columns: columns, tiles)
  }

  /// Where the current step's launch leaves `statistics`: in the results of the step that wants them
  /// if they may be written now, else in what that step's launch combines.
  mutating func target(
    of statistics: TileStatistics, rows: Int, columns: Int, _ tiles: RowTiles
  ) -> StatisticsTarget {
    let count = tiles.count * tiles.parts
    let runs = count.pieces(of: TilePartials.run)
    let scratch = freeScratch(
      byteCount: 4 * statistics.count(tiles: count, runs: runs) * columns)
    let buffer = BufferReference.scratch(scratch)
    guard fence != nil, readers.mayFinish(statistics.reader, during: stepIndex) else {
      partials[statistics.reader] = TilePartials(
        scratch: scratch, statistics: statistics, tiles: count, height: tiles.rows, rows: rows,
        columns: columns)
      return StatisticsTarget(buffer: buffer, combined: nil)
    }
    finished.insert(statistics.reader)
    settle(statistics.results)
    let arrived = counters ?? lastingScratch(byteCount: 0)
    counters = arrived
    scratchByteCounts[arrived] = max(scratchByteCounts[arrived], 4 * tiles.blocks * (1 + runs))
    return StatisticsTarget(
      buffer: buffer, combined: (.scratch(arrived), statistics.results.map { .value($0) }))
  }

  /// Says of the launches from `first` on what they are for, and credits the main one with the
  /// step's work.
  private mutating func describe(_ step: Step, from first: Int) {
    for index in commands.indices[first...] {
      guard case .kernel(var launch) = commands[index] else { continue }
      if launch.task.isEmpty { launch.task = step.kind.summary }
      if launch.part == nil { launch.work = StepWork(step, of: plan) }
      commands[index] = .kernel(launch)
    }
  }

  /// The error of a step that no kernel can run.
  package func unsupported(_ step: Step, _ reason: String) -> BackendError {
    .unsupported(step: step.label, backend: "OpenCL", reason: reason)
  }
}
