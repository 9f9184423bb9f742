/// A backend with the buffers of variables, shared by all plans that run on it.
///
/// A variable's buffer is made, zeroed, when it is first asked for, and lives as long as the
/// session.
public final class Session {
  /// The device that everything runs on.
  public let backend: any Backend
  private var buffers: [ObjectIdentifier: (variable: Variable, buffer: any DeviceBuffer)] = [:]
  /// The bytes of all variables that have a buffer.
  private var heldByteCount = 0

  /// A session without buffers.
  public init(_ backend: any Backend) { self.backend = backend }

  /// The buffer that holds a variable.
  ///
  /// - Throws: `BackendError.memory` if the device has less memory than all variables take, or the device's
  ///   own error if it cannot make the buffer.
  public func buffer(_ variable: Variable) throws -> any DeviceBuffer {
    if let known = buffers[ObjectIdentifier(variable)] { return known.buffer }
    let byteCount = Plan.reservation(variable.count, variable.dtype)
    try requireMemory(byteCount, for: "keeping '\(variable.name)'")
    let buffer = try backend.makeBuffer(count: variable.count, dtype: variable.dtype)
    heldByteCount = heldByteCount.saturatingSum(byteCount)
    buffers[ObjectIdentifier(variable)] = (variable, buffer)
    return buffer
  }

  /// Replaces a variable's elements from `offset` on.
  ///
  /// Programs compiled before a frozen variable is written need `refresh()`.
  public func write(_ values: [Float], to variable: Variable, at offset: Int = 0) throws {
    try buffer(variable).write(.float32(values), at: offset)
  }

  /// All elements of a float32 variable, after everything enqueued before.
  public func read(_ variable: Variable) throws -> [Float] {
    guard case .float32(let values) = try buffer(variable).read(at: 0, count: variable.count) else {
      throw BackendError.wrongData(
        what: variable.name, expected: "float32 elements", found: "\(variable.dtype)")
    }
    return values
  }

  /// Compiles a graph's outputs and effects, bound to this session's variables.
  ///
  /// - Throws: `GraphError` for a faulty graph, `BackendError` or the device's own errors;
  ///   `BackendError.memory` before anything is allocated.
  public func compile(_ graph: Graph, outputs: [Tensor], effects: [Effect] = []) throws
    -> any Executable
  {
    let plan = try Plan(
      graph, outputs: outputs, effects: effects, fusingPrologues: backend.fusesPrologues)
    let variables = try plan.variables.map { try buffer($0) }
    try requireMemory(plan.leastByteCount, for: "a computation beside its weights")
    let executable = try backend.compile(plan, variables: variables)
    // An idle executable only measures; its plan is compiled again before it runs.
    if !(executable is NullExecutable) {
      DebugOutput.graph.write("\(graph.nodes.count) nodes") { graph.description }
      DebugOutput.plan.write("\(plan.steps.count) steps") { plan.description }
    }
    return executable
  }

  /// Makes sure that the device could hold `byteCount` bytes beside the variables.
  private func requireMemory(_ byteCount: Int, for what: String) throws(BackendError) {
    guard let available = backend.memoryByteCount else { return }
    guard byteCount <= available - heldByteCount else {
      throw .memory(
        what, needed: heldByteCount.saturatingSum(byteCount), available: available, of: backend.name
      )
    }
  }
}

extension Executable {
  /// Provides float32 elements for input `index`.
  public func setInput(_ index: Int, _ values: [Float]) throws {
    try values.withUnsafeBytes { try setInput(index, $0) }
  }

  /// Provides int32 elements for input `index`.
  public func setInput(_ index: Int, _ values: [Int32]) throws {
    try values.withUnsafeBytes { try setInput(index, $0) }
  }

  /// Provides the elements of `array` for input `index`.
  public func setInput(_ index: Int, _ array: HostArray) throws {
    try array.withBytes { try setInput(index, $0) }
  }

  /// The float32 elements of output `index`; waits for them.
  public func floats(_ index: Int) throws -> [Float] {
    let array = try output(index)
    guard case .float32(let values) = array else {
      throw BackendError.wrongData(
        what: "output \(index)", expected: "float32 elements", found: "\(array.dtype) elements")
    }
    return values
  }
}
