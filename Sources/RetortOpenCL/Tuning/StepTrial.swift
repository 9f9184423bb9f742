import RetortCore

/// One step alone, on made-up operands in memory of its own, to run it in different ways.
struct StepTrial {
  private let step: Step
  private let key: TuningKey
  private let lowering: Lowering
  private let context: OpenCLContext
  private let memories: [Int: DeviceMemory]

  /// Allocates and fills the operands: floats uniform in ±1, integers zero.
  init(
    _ step: Step, _ key: TuningKey, _ lowering: Lowering, in context: OpenCLContext
  ) throws(OpenCLError) {
    (self.step, self.key, self.lowering, self.context) = (step, key, lowering, context)
    // One block over and over: some operands are large.
    let block = Philox4x32(seed: 1, stream: 0).uniforms(1 << 16).map { 2 * $0 - 1 }
    var memories: [Int: DeviceMemory] = [:]
    for index in step.inputs + step.outputs where memories[index] == nil {
      let value = lowering.plan.values[index]
      let memory = try DeviceMemory(
        context, byteCount: Plan.reservation(value.count, value.dtype))
      try memory.zero()
      if value.dtype == .float32 { try Self.fill(memory, value.count, with: block) }
      memories[index] = memory
    }
    self.memories = memories
  }

  private static func fill(
    _ memory: DeviceMemory, _ count: Int, with block: [Float]
  ) throws(OpenCLError) {
    for start in stride(from: 0, to: count, by: block.count) {
      let length = min(block.count, count - start)
      let result = block.withUnsafeBytes { bytes in
        Result { () throws(OpenCLError) in
          try memory.write(
            UnsafeRawBufferPointer(rebasing: bytes[..<(4 * length)]), at: 4 * start)
        }
      }
      try result.get()
    }
  }

  /// Builds the kernels of many choices, which is faster together than one by one.
  func prepare(_ choices: [TuningChoice]) {
    // A choice that does not build is found when it is tried.
    _ = try? list(choices)
  }

  /// The step as `choice` has it.
  ///
  /// - Throws: The device's error, or `BackendError.unsupported`.
  func list(_ choice: TuningChoice) throws -> LaunchList { try list([choice]) }

  private func list(_ choices: [TuningChoice]) throws -> LaunchList {
    var lowering = lowering
    var commands: [DeviceCommand] = []
    for choice in choices {
      lowering.tuning = TuningTable([key: choice])
      commands += try lowering.lower([step])
    }
    var scratch: [DeviceMemory] = []
    for byteCount in lowering.scratchByteCounts {
      scratch.append(try DeviceMemory(context, byteCount: byteCount + Plan.slack))
    }
    return try LaunchList(commands, in: context) { (reference) throws(OpenCLError) in
      switch reference {
      case .scratch(let index): return scratch[index]
      case .value(let index):
        if let memory = memories[index] { return memory }
        return try LaunchList.existing(reference)
      default: return try LaunchList.existing(reference)
      }
    }
  }

  /// The step's results, in order of its outputs; NaN where it writes nothing.
  func results(of list: LaunchList) throws(OpenCLError) -> [Float] {
    var found: [Float] = []
    for index in step.outputs {
      let count = lowering.plan.values[index].count
      try memories[index]?.write([Float](repeating: .nan, count: count))
    }
    try list.replay()
    for index in step.outputs {
      let value = lowering.plan.values[index]
      guard let memory = memories[index] else { continue }
      switch value.dtype {
      case .float32: found += try memory.read(Float.self, count: value.count)
      case .int32: found += try memory.read(Int32.self, count: value.count).map { Float($0) }
      case .uint8: found += try memory.read(UInt8.self, count: value.count).map { Float($0) }
      }
    }
    return found
  }

  /// Seconds of a run by itself: of a second one where the first takes more than `limit`, which other
  /// programs may have done.
  func firstSeconds(of list: LaunchList, limit: Double) throws(OpenCLError) -> Double {
    let first = try seconds(of: list, count: 1)
    return first > limit ? min(first, try seconds(of: list, count: 1)) : first
  }

  /// Seconds of one run among `count` that are enqueued together.
  func seconds(of list: LaunchList, count: Int) throws(OpenCLError) -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    for _ in 0..<count { try list.replay() }
    try context.finish()
    return (clock.now - start) / .seconds(1) / Double(count)
  }
}
