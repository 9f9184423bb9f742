import COpenCL
import RetortCore

/// A plan compiled for one device: two launch lists over memory of its own.
package final class OpenCLExecutable: Executable {
  private let plan: Plan
  private let memory: PlanMemory
  private let setup: LaunchList
  private let steps: LaunchList
  private let ring: InputRing
  private var isSetUp = false
  private var fetched: [HostArray?]

  // Up to this size outputs are read together, so that reading several metrics waits once.
  private static let smallOutput = 64 << 10

  init(
    _ plan: Plan, _ memory: PlanMemory, setup: LaunchList, steps: LaunchList
  ) throws(OpenCLError) {
    self.plan = plan
    self.memory = memory
    self.setup = setup
    self.steps = steps
    ring = try InputRing(
      memory.inputs, byteCounts: plan.inputs.map { $0.shape.count * $0.dtype.byteCount },
      context: memory.context)
    fetched = Array(repeating: nil, count: plan.outputs.count)
  }

  deinit { try? memory.context.finish() }

  /// Kernels, products and copies of one run, besides the copies of inputs.
  package var launchCount: Int { steps.count }

  /// Bytes of device memory besides the variables.
  package var byteCount: Int { memory.byteCount }

  /// Provides input `index` for the next run; the bytes are copied before it returns.
  ///
  /// - Throws: `BackendError.wrongData` unless there are exactly as many bytes as declared.
  package func setInput(_ index: Int, _ bytes: UnsafeRawBufferPointer) throws {
    guard plan.inputs.indices.contains(index) else {
      throw BackendError.outOfBounds(
        what: "an input", offset: index, count: 1, capacity: plan.inputs.count)
    }
    let input = plan.inputs[index]
    let expected = input.shape.count * input.dtype.byteCount
    guard bytes.count == expected else {
      throw BackendError.wrongData(
        what: "input '\(input.name)'", expected: "\(expected) bytes", found: "\(bytes.count)")
    }
    ring.set(index, bytes)
  }

  /// Enqueues one run; does not wait.
  package func run() throws {
    try prepare()
    try steps.replay()
  }

  private func prepare() throws(OpenCLError) {
    if !isSetUp { try runSetup() }
    try ring.flush()
    for index in fetched.indices { fetched[index] = nil }
  }

  private func runSetup() throws(OpenCLError) {
    try setup.replay()
    isSetUp = true
  }

  /// Computes again what depends on frozen variables alone.
  package func refresh() throws { try runSetup() }

  /// Waits until everything enqueued has finished.
  package func finish() throws { try memory.context.finish() }

  /// What each launch of a run does, in order.
  package var launches: [CommandDescription] { steps.descriptions }

  /// Runs once and returns the device time of each launch, in nanoseconds.
  package func profile() throws -> [UInt64] {
    try prepare()
    return try steps.profile()
  }

  /// The elements of output `index` of the last run; waits for it.
  package func output(_ index: Int) throws -> HostArray {
    guard plan.outputs.indices.contains(index) else {
      throw BackendError.outOfBounds(
        what: "an output", offset: index, count: 1, capacity: plan.outputs.count)
    }
    if let known = fetched[index] { return known }
    guard isSmall(index) else { return try read(index) }
    try fetchSmallOutputs()
    return try fetched[index] ?? read(index)
  }

  private func isSmall(_ index: Int) -> Bool {
    plan.outputs[index].shape.count * plan.outputs[index].dtype.byteCount <= Self.smallOutput
  }

  private func read(_ index: Int) throws -> HostArray {
    let output = plan.outputs[index]
    let place = try memory.location(output.value)
    return try HostArray(count: output.shape.count, output.dtype) {
      try place.buffer.read(into: $0, from: place.offset)
    }
  }

  private func fetchSmallOutputs() throws(OpenCLError) {
    let small = plan.outputs.indices.filter(isSmall)
    let sizes = small.map { plan.outputs[$0].shape.count * plan.outputs[$0].dtype.byteCount }
    let bytes = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(1, sizes.reduce(0, +)), alignment: 16)
    defer { bytes.deallocate() }
    var start = 0
    var failure: OpenCLError?
    for (index, size) in zip(small, sizes) {
      do throws(OpenCLError) {
        let place = try memory.location(plan.outputs[index].value)
        try place.buffer.enqueueRead(
          into: UnsafeMutableRawBufferPointer(rebasing: bytes[start..<start + size]),
          from: place.offset)
      } catch { failure = failure ?? error }
      start += size
    }
    // Reads under way must end before their memory goes, whatever failed.
    try memory.context.finish()
    if let failure { throw failure }
    start = 0
    for (index, size) in zip(small, sizes) {
      let output = plan.outputs[index]
      fetched[index] = HostArray(count: output.shape.count, output.dtype) {
        $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + size]))
      }
      start += size
    }
  }
}
