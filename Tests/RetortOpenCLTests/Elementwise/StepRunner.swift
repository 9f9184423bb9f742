@testable import RetortCore
@testable import RetortOpenCL

/// One step with its data.
struct StepJob {
  let kind: StepKind
  let inputs: [HostArray]
  let outputs: [(count: Int, dtype: DType)]
  /// How a contraction is computed.
  var choice = TuningChoice()
}

/// Runs steps on the test device, with sentinels around everything that they may not write.
struct StepRunner {
  let form: KernelForm
  var matrix: MatrixUnits?
  /// What the vector form keeps sums in.
  var registers = VectorRegisters.most
  /// From which size on the vector form stores results past the caches.
  var streamedBytes: Int?
  private static let sentinel: Float = -7777
  private static let tail = [Float](repeating: sentinel, count: 64).withUnsafeBytes { Array($0) }

  struct Overwritten: Error { let value: Int }

  /// The outputs of one step, as `run`.
  func run(
    _ kind: StepKind, _ inputs: [HostArray], outputs: [(count: Int, dtype: DType)]
  ) throws -> [HostArray] {
    try run([StepJob(kind: kind, inputs: inputs, outputs: outputs)])[0]
  }

  /// What is in each job's outputs, which held sentinels before; all jobs share one program.
  ///
  /// - Throws: Also `Overwritten` when elements behind an output or an input changed.
  func run(_ jobs: [StepJob]) throws -> [[HostArray]] {
    let context = try Fixture.context(form)
    let (plan, arrays, steps) = Self.plan(jobs)
    let memories = try arrays.map { try Self.memory(context, $0) }
    var lowering = Lowering(plan, device: try limits, form: form, matrix: matrix)
    var commands: [DeviceCommand] = []
    for (job, step) in zip(jobs, steps) {
      lowering.tuning = TuningTable()
      if let key = lowering.tuningKey(of: step) { lowering.tuning[key] = job.choice }
      commands += try lowering.lower([step])
    }
    let scratch = try lowering.scratchByteCounts.map {
      try Self.memory(context, Self.filled($0 / 4, .float32))
    }
    let list = try LaunchList(commands, in: context) { (reference) throws(OpenCLError) in
      switch reference {
      case .value(let index): memories[index]
      case .scratch(let index): scratch[index]
      default: try LaunchList.existing(reference)
      }
    }
    try list.replay()
    for (index, array) in arrays.enumerated() {
      let length = array.count * array.dtype.byteCount + Self.tail.count
      let bytes = try memories[index].read(UInt8.self, count: length)
      guard bytes.suffix(Self.tail.count) == Self.tail[...] else {
        throw Overwritten(value: index)
      }
    }
    return try zip(jobs, steps).map { job, step in
      try zip(job.outputs, step.outputs).map { output, value in
        output.dtype == .float32
          ? .float32(try memories[value].read(Float.self, count: output.count))
          : .int32(try memories[value].read(Int32.self, count: output.count))
      }
    }
  }

  /// What a search may try for a contraction: every alternative of each decision, after the last
  /// one of each decision before.
  func candidates(for job: StepJob) throws -> [TuningChoice] {
    let (plan, _, steps) = Self.plan([job])
    let lowering = Lowering(plan, device: try limits, form: form, matrix: matrix)
    return lowering.searches(for: steps[0]).flatMap { search in
      var found = [search.base]
      for level in search.decisions(search.base).indices {
        let base = found[found.count - 1]
        found += search.decisions(base)[level].map { base.merging($0) }
      }
      return found
    }
  }

  private var limits: DeviceLimits {
    get throws {
      var limits = try Fixture.context().device.limits
      (limits.registers, limits.streamedBytes) = (registers, streamedBytes)
      return limits
    }
  }

  private static func plan(_ jobs: [StepJob]) -> (Plan, [HostArray], [Step]) {
    var plan = Plan()
    var arrays: [HostArray] = []
    var steps: [Step] = []
    for job in jobs {
      let untouched = job.outputs.map { filled($0.count, $0.dtype) }
      let first = arrays.count
      arrays += job.inputs + untouched
      steps.append(
        Step(
          kind: job.kind, inputs: job.inputs.indices.map { first + $0 },
          outputs: untouched.indices.map { first + job.inputs.count + $0 }, label: "test"))
    }
    for array in arrays {
      plan.values.append(.init(storage: .input(0), count: array.count, dtype: array.dtype))
    }
    return (plan, arrays, steps)
  }

  private static func filled(_ count: Int, _ dtype: DType) -> HostArray {
    dtype == .float32
      ? .float32([Float](repeating: sentinel, count: count))
      : .int32([Int32](repeating: Int32(bitPattern: sentinel.bitPattern), count: count))
  }

  private static func memory(
    _ context: OpenCLContext, _ array: HostArray
  ) throws -> DeviceMemory {
    try DeviceMemory(context, array.withBytes { Array($0) } + tail)
  }
}

/// A small generator of test data; the same numbers for the same seed.
struct TestNumbers {
  private var state: UInt64

  init(seed: UInt64) {
    state = (seed &+ 1) &* 0x9e37_79b9_7f4a_7c15
    for _ in 0..<8 { _ = next() }
  }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
  mutating func int(_ range: Range<Int>) -> Int {
    range.lowerBound + Int(next() >> 11) % range.count
  }
  mutating func pick<T>(_ choices: [T]) -> T { choices[int(0..<choices.count)] }
  /// Uniform in ±`size`.
  mutating func float(_ size: Float = 2) -> Float {
    (Float(next() >> 40) / 8_388_608 - 1) * size
  }
  mutating func floats(_ count: Int, _ size: Float = 2) -> [Float] {
    (0..<count).map { _ in float(size) }
  }
}
