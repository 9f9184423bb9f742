import RetortCore

/// Which of a heavy kernel's two forms to launch.
package enum KernelForm: String, Sendable, Codable, CaseIterable {
  /// One work-item walks a tile with wide vectors; no local memory. For CPU devices.
  case vector
  /// A work-group shares tiles in local memory. For GPUs.
  case tiled
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
  /// The commands so far.
  package private(set) var commands: [DeviceCommand] = []
  /// Bytes of each scratch buffer asked for, without slack.
  package private(set) var scratchByteCounts: [Int] = []
  /// The contents of each table asked for; equal tables are shared.
  package private(set) var tables: [[UInt8]] = []
  private var tableIndices: [[UInt8]: Int] = [:]
  private var scratchInUse = 0

  /// Starts with no commands.
  package init(_ plan: Plan, device: DeviceLimits, form: KernelForm) {
    self.plan = plan
    self.device = device
    self.form = form
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
    let index = scratchInUse
    scratchInUse += 1
    if index == scratchByteCounts.count { scratchByteCounts.append(0) }
    scratchByteCounts[index] = max(scratchByteCounts[index], byteCount)
    return .scratch(index)
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
  package mutating func add(_ launch: Launch) { commands.append(.kernel(launch)) }
  /// Appends a matrix product by CLBlast.
  package mutating func add(_ call: SgemmCall) { commands.append(.sgemm(call)) }
  /// Appends a copy.
  package mutating func add(_ call: CopyCall) { commands.append(.copy(call)) }

  /// The commands of `steps`; scratch and tables are shared with earlier calls.
  package mutating func lower(_ steps: [Step]) throws -> [DeviceCommand] {
    commands = []
    for step in steps {
      scratchInUse = 0
      try lower(step)
    }
    return commands
  }

  /// The error of a step that no kernel can run.
  package func unsupported(_ step: Step, _ reason: String) -> BackendError {
    .unsupported(step: step.label, backend: "OpenCL", reason: reason)
  }
}
