/// A device that holds buffers and runs whole plans; nothing here is per operation.
public protocol Backend: AnyObject {
  /// What to call the device in messages and results.
  var name: String { get }
  /// A zeroed buffer of `count` elements (with readable slack behind them).
  func makeBuffer(count: Int, dtype: DType) throws -> any DeviceBuffer
  /// Lowers every step of `plan`.
  ///
  /// - Parameters:
  ///   - plan: What is to be run.
  ///   - variables: The buffers of `plan.variables`, in order; bound for good.
  /// - Throws: `BackendError.unsupported` with the step, or the device's own errors.
  func compile(_ plan: Plan, variables: [any DeviceBuffer]) throws -> any Executable
  /// The bytes of device memory that `compile` would allocate, which it does not here.
  func byteCount(of plan: Plan) throws -> Int
  /// The bytes of device memory that there are; nil where nobody knows.
  var memoryByteCount: Int? { get }
  /// Whether convolutions compute element-wise work as they load an operand; see
  /// `ConvolutionStep.prologues`. ARCHITECTURE.md lists what follows from it, under "Prologue fusion".
  var fusesPrologues: Bool { get }
}

extension Backend {
  /// The plan's regions, inputs and constants.
  public func byteCount(of plan: Plan) throws -> Int { plan.leastByteCount }

  /// Unknown.
  public var memoryByteCount: Int? { nil }
}

/// Memory on a device; freed with its last reference.
public protocol DeviceBuffer: AnyObject {
  /// The number of elements.
  var count: Int { get }
  /// The element type.
  var dtype: DType { get }
  /// Replaces the elements from `offset` on.
  ///
  /// - Throws: `BackendError.outOfBounds` when they do not fit.
  func write(_ values: HostArray, at offset: Int) throws
  /// The elements, after everything enqueued before has finished.
  func read(at offset: Int, count: Int) throws -> HostArray
}

/// A compiled plan.
public protocol Executable: AnyObject {
  /// Provides input `index` for the next run; the bytes are copied before it returns.
  func setInput(_ index: Int, _ bytes: UnsafeRawBufferPointer) throws
  /// Enqueues one run; does not wait.
  func run() throws
  /// The elements of output `index` of the last run; waits for it.
  func output(_ index: Int) throws -> HostArray
  /// Waits until everything enqueued has finished.
  func finish() throws
  /// Computes again what depends on frozen variables alone.
  func refresh() throws
  /// The number of kernel launches of one run.
  var launchCount: Int { get }
  /// Bytes of device memory held by this executable besides the variables.
  var byteCount: Int { get }
}

/// What any backend can report.
public enum BackendError: Error, Sendable, Hashable {
  /// A step that the backend cannot run.
  case unsupported(step: String, backend: String, reason: String)
  /// A read or write outside a buffer.
  case outOfBounds(what: String, offset: Int, count: Int, capacity: Int)
  /// Data of another type or length than declared.
  case wrongData(what: String, expected: String, found: String)
  /// A type that the device cannot multiply in; `offered` are those that it can.
  case compute(ComputeType, device: String, offered: [ComputeType])
  /// Something that cannot fit into the memory of `owner`; nothing has been allocated.
  case memory(_ what: String, needed: Int, available: Int, of: String)
  /// The device refused: memory, driver, hardware.
  case device(String)
}

extension BackendError: CustomStringConvertible {
  /// One line: what failed, where, and the numbers.
  public var description: String {
    switch self {
    case .unsupported(let step, let backend, let reason):
      "\(backend) cannot run \(step): \(reason)"
    case .outOfBounds(let what, let offset, let count, let capacity):
      "\(what): \(count) elements from \(offset) on lie outside its \(capacity)"
    case .wrongData(let what, let expected, let found):
      "\(what) needs \(expected), got \(found)"
    case .compute(let type, let device, let offered):
      """
      \(device) cannot multiply in \(type.rawValue), only in \
      \(offered.map(\.rawValue).joined(separator: " or ")). Set compute to that, or choose another \
      device: `retort devices` shows which have matrix units
      """
    case .memory(let what, let needed, let available, let owner):
      """
      \(what) needs at least \(needed >> 20) MiB, and \(owner) has \(available >> 20) MiB; use a \
      smaller batch or model, or another device
      """
    case .device(let message): message
    }
  }
}
