import RetortCore

/// A plan bound to memory of the processor.
///
/// Runs on the caller's thread and its helpers, and has finished when `run` returns.
public final class CPUExecutable: Executable {
  private let plan: Plan
  private let precision: CPUBackend.Precision
  private let memory: PlanMemory
  private let workspace: Workspace
  private let setup: [Operation]
  private let operations: [Operation]

  init(_ plan: Plan, variables: [any DeviceBuffer], backend: CPUBackend) throws {
    self.plan = plan
    precision = backend.precision
    memory = try PlanMemory(plan, variables: variables, precision: backend.precision)
    workspace = Workspace(workers: backend.workers.count)
    let lowering = Lowering(memory: memory, workspace: workspace, backend: backend)
    setup = try plan.setup.map(lowering.lower)
    operations = try plan.steps.map(lowering.lower)
    try workspace.allocate()
  }

  /// The number of steps of one run.
  public var launchCount: Int { operations.count }

  /// The bytes held besides the variables.
  public var byteCount: Int { memory.byteCount + workspace.byteCount }

  /// Runs every step.
  public func run() throws { for operation in operations { operation() } }

  /// Returns at once, as a run has finished when `run` returns.
  public func finish() throws {}

  /// Runs the setup steps, whose results depend on frozen variables only.
  public func refresh() throws { for operation in setup { operation() } }

  /// Sets the bytes of input `index`, which are copied.
  ///
  /// - Throws: `BackendError.outOfBounds` for an unknown index, `wrongData` for another length.
  public func setInput(_ index: Int, _ bytes: UnsafeRawBufferPointer) throws {
    let (input, value) = try self.input(index)
    try check(bytes.count, against: value.count * value.dtype.byteCount, "bytes", input)
    let target = try memory.pointer(input.value)
    if value.dtype == .float32 {
      precision.store(floats: bytes, at: target)
    } else {
      UnsafeMutableRawBufferPointer(start: target, count: bytes.count).copyMemory(from: bytes)
    }
  }

  /// Sets float32 input `index` from doubles, rounded to the backend's storage.
  ///
  /// - Throws: `BackendError.outOfBounds` for an unknown index, `wrongData` for another type or
  ///   length.
  public func setInput(_ index: Int, doubles: [Double]) throws {
    let (input, value) = try self.input(index)
    guard value.dtype == .float32 else {
      throw BackendError.wrongData(
        what: "input '\(input.name)'", expected: "\(value.dtype)", found: "doubles")
    }
    try check(doubles.count, against: value.count, "elements", input)
    precision.store(doubles: doubles, at: try memory.pointer(input.value))
  }

  /// The elements of output `index` after the last run.
  ///
  /// - Throws: `BackendError.outOfBounds` for an unknown index.
  public func output(_ index: Int) throws -> HostArray {
    let (count, dtype, pointer) = try outputPlace(index)
    return precision.load(dtype, count, from: pointer)
  }

  /// The elements of output `index` after the last run, converted to doubles.
  ///
  /// - Throws: `BackendError.outOfBounds` for an unknown index.
  public func outputDoubles(_ index: Int) throws -> [Double] {
    let (count, dtype, pointer) = try outputPlace(index)
    return precision.loadDoubles(dtype, count, from: pointer)
  }

  private func input(_ index: Int) throws -> (Plan.Input, Plan.Value) {
    guard plan.inputs.indices.contains(index) else {
      throw BackendError.outOfBounds(
        what: "the plan's inputs", offset: index, count: 1, capacity: plan.inputs.count)
    }
    let input = plan.inputs[index]
    return (input, plan.values[input.value])
  }

  private func outputPlace(_ index: Int) throws -> (Int, DType, UnsafeMutableRawPointer) {
    guard plan.outputs.indices.contains(index) else {
      throw BackendError.outOfBounds(
        what: "the plan's outputs", offset: index, count: 1, capacity: plan.outputs.count)
    }
    let output = plan.outputs[index]
    return (output.shape.count, output.dtype, try memory.pointer(output.value))
  }

  private func check(_ found: Int, against wanted: Int, _ unit: String, _ input: Plan.Input) throws
  {
    guard found == wanted else {
      throw BackendError.wrongData(
        what: "input '\(input.name)' \(input.shape)", expected: "\(wanted) \(unit)",
        found: "\(found)")
    }
  }
}
