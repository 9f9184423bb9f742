import CRetortCPU
import Glibc
import RetortCore

/// The processor as a device: it runs any plan without further installation, and is the reference in tests.
///
/// Results are bit for bit the same for every number of threads. They differ by rounding between
/// instruction sets, because only some of them fuse multiplication and addition.
public final class CPUBackend: Backend {
  /// The storage and arithmetic of float32 elements.
  public enum Precision: Sendable, Hashable {
    /// As IEEE single precision; sums of reductions and losses are carried in double precision.
    case float32
    /// As IEEE double precision, for tests; host arrays are converted on the way in and out.
    case float64
  }

  /// The storage and arithmetic of float32 elements on this device.
  public let precision: Precision
  /// The number of threads that share a step.
  public var threads: Int { workers.count }
  /// The device's name in messages and results, such as `CPU (2 threads, AVX-512)`.
  public let name: String
  /// False: convolutions read operands from memory, without prologues.
  public let fusesPrologues = false
  let kernels: retort_kernels
  let workers: Workers

  /// A backend on the best instruction set of this processor.
  ///
  /// - Parameters:
  ///   - threads: The number of threads, at least 1; all processors when nil.
  ///   - precision: The storage and arithmetic of float32 elements.
  public convenience init(threads: Int? = nil, precision: Precision = .float32) {
    self.init(
      threads: threads, precision: precision, kernels: InstructionSet.best.kernels(precision),
      instructionSet: .best)
  }

  /// A backend on a given instruction set, or nil where the processor lacks it.
  package convenience init?(
    threads: Int? = nil, precision: Precision = .float32, instructionSet: InstructionSet
  ) {
    guard instructionSet.isAvailable else { return nil }
    self.init(
      threads: threads, precision: precision, kernels: instructionSet.kernels(precision),
      instructionSet: instructionSet)
  }

  private init(
    threads: Int?, precision: Precision, kernels: retort_kernels, instructionSet: InstructionSet
  ) {
    let count = max(1, threads ?? sysconf(Int32(_SC_NPROCESSORS_ONLN)))
    self.precision = precision
    self.kernels = kernels
    workers = Workers(count: count)
    let bits = precision == .float64 ? ", float64" : ""
    name = "CPU (\(count) thread\(count == 1 ? "" : "s"), \(instructionSet)\(bits))"
  }

  /// The bytes of memory that this process may use.
  public var memoryByteCount: Int? { HostMemory.byteCount }

  /// A zeroed buffer of `count` elements.
  ///
  /// - Throws: `BackendError.memory` or `.device` if the memory cannot be allocated.
  public func makeBuffer(count: Int, dtype: DType) throws -> any DeviceBuffer {
    try CPUBuffer(count: count, dtype: dtype, precision: precision)
  }

  /// Prepares `plan` and runs its setup steps.
  ///
  /// - Parameters:
  ///   - plan: The plan to run.
  ///   - variables: Buffers of this backend, one per variable of the plan.
  /// - Throws: `BackendError` if buffers do not fit the plan or a step exceeds a value's bounds.
  public func compile(_ plan: Plan, variables: [any DeviceBuffer]) throws -> any Executable {
    try executable(plan, variables: variables)
  }

  /// As `compile`, with access to double-precision inputs and outputs.
  public func executable(_ plan: Plan, variables: [any DeviceBuffer]) throws -> CPUExecutable {
    let executable = try CPUExecutable(plan, variables: variables, backend: self)
    try executable.refresh()
    return executable
  }
}

/// A set of vector instructions that the kernels are compiled for.
package enum InstructionSet: CaseIterable, Sendable, CustomStringConvertible {
  case baseline, avx2, avx512

  package static let best = allCases.last(where: \.isAvailable) ?? .baseline

  package var description: String {
    switch self {
    case .baseline: "baseline"
    case .avx2: "AVX2"
    case .avx512: "AVX-512"
    }
  }

  package var isAvailable: Bool { retort_kernels_float(identifier) != nil }

  private var identifier: retort_instruction_set {
    switch self {
    case .baseline: retort_baseline
    case .avx2: retort_avx2
    case .avx512: retort_avx512
    }
  }

  func kernels(_ precision: CPUBackend.Precision) -> retort_kernels {
    let table =
      precision == .float32 ? retort_kernels_float(identifier) : retort_kernels_double(identifier)
    guard let table else { preconditionFailure("this processor has no \(self)") }
    return table.pointee
  }
}
