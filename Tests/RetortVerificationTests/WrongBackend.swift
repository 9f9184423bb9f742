import RetortCore

/// Another backend that does one thing wrong.
final class WrongBackend: Backend {
  enum Fault { case outputs, variables, plansWithVariables }
  private let base: any Backend
  private let fault: Fault

  init(_ base: any Backend, _ fault: Fault) { (self.base, self.fault) = (base, fault) }

  var name: String { base.name }
  var fusesPrologues: Bool { base.fusesPrologues }

  func makeBuffer(count: Int, dtype: DType) throws -> any DeviceBuffer {
    WrongBuffer(try base.makeBuffer(count: count, dtype: dtype), isWrong: fault == .variables)
  }

  func compile(_ plan: Plan, variables: [any DeviceBuffer]) throws -> any Executable {
    if fault == .plansWithVariables, !variables.isEmpty {
      throw BackendError.device("no variables here")
    }
    return WrongExecutable(
      try base.compile(plan, variables: variables.map { ($0 as? WrongBuffer)?.base ?? $0 }),
      isWrong: fault == .outputs)
  }
}

private final class WrongBuffer: DeviceBuffer {
  let base: any DeviceBuffer
  private let isWrong: Bool

  init(_ base: any DeviceBuffer, isWrong: Bool) { (self.base, self.isWrong) = (base, isWrong) }

  var count: Int { base.count }
  var dtype: DType { base.dtype }
  func write(_ values: HostArray, at offset: Int) throws { try base.write(values, at: offset) }
  func read(at offset: Int, count: Int) throws -> HostArray {
    let values = try base.read(at: offset, count: count)
    return isWrong ? values.enlarged : values
  }
}

private final class WrongExecutable: Executable {
  private let base: any Executable
  private let isWrong: Bool

  init(_ base: any Executable, isWrong: Bool) { (self.base, self.isWrong) = (base, isWrong) }

  var launchCount: Int { base.launchCount }
  var byteCount: Int { base.byteCount }
  func setInput(_ index: Int, _ bytes: UnsafeRawBufferPointer) throws {
    try base.setInput(index, bytes)
  }
  func run() throws { try base.run() }
  func finish() throws { try base.finish() }
  func refresh() throws { try base.refresh() }
  func output(_ index: Int) throws -> HostArray {
    let values = try base.output(index)
    return isWrong ? values.enlarged : values
  }
}

extension HostArray {
  /// By a thousandth.
  fileprivate var enlarged: HostArray {
    guard case .float32(let values) = self else { return self }
    return .float32(values.map { $0 * 1.001 })
  }
}
