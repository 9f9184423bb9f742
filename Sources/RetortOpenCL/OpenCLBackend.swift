import RetortCore
import Synchronization

/// Runs plans on one OpenCL device.
public final class OpenCLBackend: Backend {
  /// The device.
  public let device: OpenCLDevice
  /// What the device was found to do.
  public let capabilities: Capabilities
  /// Which form heavy kernels take.
  package let form: KernelForm
  /// What was chosen for contractions: by searches on this machine, else by those of others.
  package let tuning: TuningTable
  /// Why stored choices are not used, if they are not.
  package let tuningFault: TuningError?
  /// What a user should know of how the device is used.
  package var notes: [String] {
    capabilities.notes(on: device) + (tuningFault.map { ["\($0)"] } ?? [])
  }
  package let context: OpenCLContext
  private let matrix: MatrixUnits?
  /// The device's limits, or what was left of them where kernels were refused.
  let limits: Mutex<DeviceLimits>
  private let bufferLimit: Int

  /// Opens the device that `selector` means.
  ///
  /// - Parameters:
  ///   - selector: `auto`, `opencl`, `opencl:0`, `opencl:0:1` or `opencl:NAME`.
  ///   - compute: What products and convolutions multiply in.
  /// - Throws: `OpenCLError` when there is no such device or it does not open,
  ///   `BackendError.compute` when it cannot multiply in that type.
  public convenience init(_ selector: String = "auto", compute: ComputeType = .float32) throws {
    try self.init(OpenCLContext(try OpenCLDevice.select(selector)), compute: compute)
  }

  /// Runs plans in `context`.
  ///
  /// - Parameters:
  ///   - form: The form of heavy kernels; nil for what the device was measured to prefer.
  ///   - compute: What products and convolutions multiply in; matrix units take the tiled form.
  ///   - matrix: Matrix units in place of the device's own, such as emulated ones.
  ///   - bufferLimit: The largest buffer to allocate in bytes; nil for the device's own limit.
  ///   - store: Where choices are stored; nil for none.
  package init(
    _ context: OpenCLContext, form: KernelForm? = nil, compute: ComputeType = .float32,
    matrix: MatrixUnits? = nil, bufferLimit: Int? = nil, store: TuningStore? = .standard()
  ) throws {
    self.context = context
    device = context.device
    capabilities = Capabilities.of(context)
    limits = Mutex(context.limits)
    guard matrix != nil || capabilities.computeTypes.contains(compute) else {
      throw BackendError.compute(
        compute, device: device.description, offered: capabilities.computeTypes)
    }
    self.matrix = matrix ?? capabilities.matrixUnits(compute)
    self.form = self.matrix == nil ? form ?? capabilities.form : .tiled
    self.bufferLimit = min(bufferLimit ?? .max, context.device.maxAllocationSize)
    let baked = TuningTable.baked(for: device)
    do throws(TuningError) {
      tuning = baked.merging(try store?.read(device) ?? TuningTable())
      tuningFault = nil
    } catch {
      (tuning, tuningFault) = (baked, error)
    }
  }

  /// Selector, device and platform.
  public var name: String { device.description }

  /// From now on tells `handler` how many kernels are compiled, whenever some are: none at first, and in
  /// the end all.
  ///
  /// - Parameter handler: Called by any thread; says whether to go on. Where not, `OpenCLError.cancelled`
  ///   is thrown.
  public func watchCompilation(
    _ handler: @escaping @Sendable (_ done: Int, _ total: Int) -> Bool
  ) {
    context.compilation.watch(handler)
  }

  /// A zeroed buffer of `count` elements.
  ///
  /// - Throws: `OpenCLError.tooLarge`, or `.call` when memory is short.
  public func makeBuffer(count: Int, dtype: DType) throws -> any DeviceBuffer {
    let memory = try DeviceMemory(context, byteCount: Plan.reservation(count, dtype))
    try memory.zero()
    return VariableBuffer(memory, count: count, dtype: dtype)
  }

  /// Lowers every step of `plan`, allocates its memory, builds its kernels and binds them.
  ///
  /// - Throws: `BackendError.unsupported`, or an `OpenCLError`.
  public func compile(
    _ plan: Plan, variables: [any DeviceBuffer]
  ) throws -> any Executable {
    let buffers = try variables.map { buffer in
      guard let own = buffer as? VariableBuffer, own.memory.context === context else {
        throw BackendError.device("a variable's buffer belongs to another device than \(name)")
      }
      return own.memory
    }
    while true {
      do {
        return try compile(plan, buffers)
      } catch let error as OpenCLError {
        // A kernel may allow smaller groups than its device does.
        guard error.isOfGroupSize, let smaller = limits.withLock({ $0.halved }) else { throw error }
        limits.withLock { $0 = smaller }
      }
    }
  }

  private func compile(_ plan: Plan, _ variables: [DeviceMemory]) throws -> OpenCLExecutable {
    var lowering = lowering(plan)
    DebugOutput.analysis.write("what steps may do for later ones") {
      let (setup, steps) = lowering.analyses
      return "setup\n\(setup)\nrun\n\(steps)"
    }
    let (setup, steps) = try lowering.lower()
    DebugOutput.launches.write("\(steps.count) a step, \(setup.count) once before") {
      (setup + steps).map(\.debugDescription).joined(separator: "\n")
    }
    let memory = try PlanMemory(
      plan, lowering, variables: variables, context: context, limit: bufferLimit)
    return try OpenCLExecutable(
      plan, memory,
      setup: try LaunchList(setup, in: context, resolve: memory.buffer),
      steps: try LaunchList(steps, in: context, resolve: memory.buffer))
  }

  /// The bytes that `compile` would allocate: the plan's own, scratch and tables.
  public func byteCount(of plan: Plan) throws -> Int {
    var lowering = lowering(plan)
    _ = try lowering.lower()
    return PlanMemory.byteCount(of: plan, lowering)
  }

  /// Whether convolutions compute element-wise operands as they load them: in the tiled form alone.
  public var fusesPrologues: Bool { form == .tiled }

  /// The size of the device's memory.
  public var memoryByteCount: Int? { device.globalMemorySize }

  private func lowering(_ plan: Plan) -> Lowering {
    Lowering(
      plan, device: limits.withLock { $0 }, form: form,
      tuning: matrix == nil ? tuning : TuningTable(), matrix: matrix,
      fence: capabilities.deviceFence)
  }
}

/// The memory of one variable.
final class VariableBuffer: DeviceBuffer {
  let count: Int
  let dtype: DType
  let memory: DeviceMemory

  init(_ memory: DeviceMemory, count: Int, dtype: DType) {
    self.memory = memory
    self.count = count
    self.dtype = dtype
  }

  func write(_ values: HostArray, at offset: Int) throws {
    try checkBounds("a write", offset, values.count)
    guard values.dtype == dtype else {
      throw BackendError.wrongData(
        what: "a write to a buffer", expected: "\(dtype)", found: "\(values.dtype)")
    }
    try values.withBytes { try memory.write($0, at: offset * dtype.byteCount) }
  }

  func read(at offset: Int, count: Int) throws -> HostArray {
    try checkBounds("a read", offset, count)
    return try HostArray(count: count, dtype) {
      try memory.read(into: $0, from: offset * dtype.byteCount)
    }
  }

  private func checkBounds(_ what: String, _ offset: Int, _ count: Int) throws {
    guard offset >= 0, count >= 0, offset <= self.count, count <= self.count - offset else {
      throw BackendError.outOfBounds(
        what: what, offset: offset, count: count, capacity: self.count)
    }
  }
}

extension HostArray {
  /// An array of `count` elements whose bytes `fill` writes.
  init(
    count: Int, _ dtype: DType, fill: (UnsafeMutableRawBufferPointer) throws -> Void
  ) rethrows {
    switch dtype {
    case .float32: self = .float32(try Self.elements(count, fill))
    case .int32: self = .int32(try Self.elements(count, fill))
    case .uint8: self = .uint8(try Self.elements(count, fill))
    }
  }

  private static func elements<Element: BitwiseCopyable>(
    _ count: Int, _ fill: (UnsafeMutableRawBufferPointer) throws -> Void
  ) rethrows -> [Element] {
    try [Element](unsafeUninitializedCapacity: count) { buffer, filled in
      let byteCount = count * MemoryLayout<Element>.stride
      try fill(UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: byteCount))
      filled = count
    }
  }
}
