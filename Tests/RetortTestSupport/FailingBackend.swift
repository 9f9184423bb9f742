import RetortCore

/// Another backend whose calls are counted, and one of which fails.
package final class FailingBackend: Backend {
  /// Counts calls, and what is alive.
  package final class Account {
    /// The calls so far.
    package private(set) var calls = 0
    /// The calls that failed.
    package private(set) var failures = 0
    /// Buffers and executables that nobody has let go of.
    package fileprivate(set) var alive = 0
    private let failing: Int?

    init(failing: Int?) { self.failing = failing }

    fileprivate func call() throws {
      calls += 1
      guard calls == failing else { return }
      failures += 1
      throw BackendError.device("call \(calls) failed")
    }
  }

  /// What happened so far.
  package let account: Account
  private let base: any Backend

  /// Lets call number `failing` of `base` fail, counted from 1; none if nil.
  ///
  /// - Parameter memoryByteCount: The memory that the device has; nil where nobody knows.
  package init(_ base: any Backend, failing: Int? = nil, memoryByteCount: Int? = nil) {
    (self.base, account) = (base, Account(failing: failing))
    self.memoryByteCount = memoryByteCount
  }

  package let memoryByteCount: Int?
  package var name: String { base.name }
  package var fusesPrologues: Bool { base.fusesPrologues }

  package func makeBuffer(count: Int, dtype: DType) throws -> any DeviceBuffer {
    try account.call()
    return FailingBuffer(try base.makeBuffer(count: count, dtype: dtype), account)
  }

  package func compile(_ plan: Plan, variables: [any DeviceBuffer]) throws -> any Executable {
    try account.call()
    let inner = variables.map { ($0 as? FailingBuffer)?.base ?? $0 }
    return FailingExecutable(try base.compile(plan, variables: inner), account)
  }
}

private final class FailingBuffer: DeviceBuffer {
  let base: any DeviceBuffer
  private let account: FailingBackend.Account

  init(_ base: any DeviceBuffer, _ account: FailingBackend.Account) {
    (self.base, self.account) = (base, account)
    account.alive += 1
  }

  deinit { account.alive -= 1 }

  var count: Int { base.count }
  var dtype: DType { base.dtype }

  func write(_ values: HostArray, at offset: Int) throws {
    try account.call()
    try base.write(values, at: offset)
  }

  func read(at offset: Int, count: Int) throws -> HostArray {
    try account.call()
    return try base.read(at: offset, count: count)
  }
}

private final class FailingExecutable: Executable {
  private let base: any Executable
  private let account: FailingBackend.Account

  init(_ base: any Executable, _ account: FailingBackend.Account) {
    (self.base, self.account) = (base, account)
    account.alive += 1
  }

  deinit { account.alive -= 1 }

  var launchCount: Int { base.launchCount }
  var byteCount: Int { base.byteCount }

  func setInput(_ index: Int, _ bytes: UnsafeRawBufferPointer) throws {
    try account.call()
    try base.setInput(index, bytes)
  }

  func run() throws {
    try account.call()
    try base.run()
  }

  func output(_ index: Int) throws -> HostArray {
    try account.call()
    return try base.output(index)
  }

  func finish() throws {
    try account.call()
    try base.finish()
  }

  func refresh() throws {
    try account.call()
    try base.refresh()
  }
}
