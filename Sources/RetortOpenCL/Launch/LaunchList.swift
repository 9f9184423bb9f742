import COpenCL
import Synchronization

/// A flat list of commands with every kernel made and every argument bound, ready for replay.
///
/// Replaying allocates nothing, waits for nothing and reads nothing: it is one loop in C. The list
/// keeps the buffers that its commands use alive.
package final class LaunchList: Sendable {
  /// The context that it runs in.
  package let context: OpenCLContext
  /// The commands in words and numbers, in order.
  package let descriptions: [CommandDescription]
  private let storage: CommandStorage
  private let blas: Blas
  /// The indices of kernels that the driver compiles when they run for the first time.
  private let untried: Mutex<[Int]>

  private struct Blas: Sendable { nonisolated(unsafe) let table: UnsafePointer<clblast_table>? }

  /// The number of commands.
  package var count: Int { descriptions.count }

  /// Builds the programs, makes one kernel per launch, checks the launches, binds the arguments.
  ///
  /// - Parameter resolve: The buffer behind a reference; called for every use.
  /// - Throws: `.build`, `.missingEntry`, `.launch`, `.unknownFamily`, or `.call`.
  package init(
    _ commands: [DeviceCommand], in context: OpenCLContext,
    resolve: (BufferReference) throws(OpenCLError) -> DeviceMemory = LaunchList.existing
  ) throws(OpenCLError) {
    let usesBlas = commands.contains { if case .sgemm = $0 { true } else { false } }
    blas = Blas(table: usesBlas ? clblast_open() : nil)
    let programs = try LaunchPrograms(commands, in: context)
    let storage = CommandStorage(capacity: commands.count, library: context.library)
    for (index, command) in commands.enumerated() {
      switch command {
      case .kernel(let launch):
        let instance = programs.instance(of: index)
        try KernelBinder(context: context, instance: instance, launch: launch)
          .bind(to: storage, resolve: resolve)
      case .sgemm(let call):
        guard blas.table != nil else {
          throw .clblast(code: OCL_INVALID_VALUE, detail: "libclblast.so.1 is not installed")
        }
        try storage.append(call, resolve: resolve)
      case .copy(let call):
        try storage.append(call, resolve: resolve)
      }
    }
    programs.keep(in: context)
    untried = Mutex(context.programs.merges ? Self.firstUses(in: commands) : [])
    self.context = context
    self.storage = storage
    descriptions = commands.map(\.description)
  }

  /// The index of the first use of each kernel with each size of work-groups.
  private static func firstUses(in commands: [DeviceCommand]) -> [Int] {
    struct Use: Hashable {
      let instance: KernelInstance
      let entry: String
      let local: [Int]
    }
    var seen: Set<Use> = []
    return commands.indices.filter { index in
      guard case .kernel(let launch) = commands[index] else { return false }
      return seen.insert(
        Use(instance: KernelInstance(launch), entry: launch.entry, local: launch.local)
      ).inserted
    }
  }

  /// The driver's answers about the kernel of command `index`; nil if that is no kernel.
  func kernelQuery(_ index: Int) -> KernelQuery? {
    storage.commands[index].kernel.map { KernelQuery(context: context, kernel: $0) }
  }

  /// Finds only buffers that a launch names directly.
  package static func existing(
    _ reference: BufferReference
  ) throws(OpenCLError) -> DeviceMemory {
    guard case .device(let buffer) = reference else {
      throw .call("LaunchList", code: OCL_INVALID_VALUE, detail: "\(reference) has no buffer")
    }
    return buffer
  }

  /// Enqueues every command in order and returns at once.
  package func replay() throws(OpenCLError) {
    let untried = untried.withLock { indices in
      defer { indices = [] }
      return indices
    }
    try untried.isEmpty ? replay(0..<count) : replay(compiling: untried)
  }

  /// Enqueues every command, and waits for each kernel that has not run before.
  private func replay(compiling indices: [Int]) throws(OpenCLError) {
    var next = 0
    for (done, index) in indices.enumerated() {
      try replay(next..<index)
      try context.compilation.note(done, of: indices.count)
      try replay(index..<index + 1)
      try context.finish()
      next = index + 1
    }
    try context.compilation.note(indices.count, of: indices.count)
    try replay(next..<count)
  }

  private func replay(_ range: Range<Int>) throws(OpenCLError) {
    var failed = 0
    let code = opencl_replay(
      context.library.table, blas.table, context.queue, storage.commands + range.lowerBound,
      range.count, &failed)
    if code != OCL_SUCCESS { throw failure(code, at: range.lowerBound + failed) }
  }

  /// Runs every command on a queue that records times, waits, and returns each one's device time
  /// in nanoseconds.
  ///
  /// - Throws: `.implausible` if the times add up to more than the host's clock has seen pass.
  package func profile() throws(OpenCLError) -> [UInt64] {
    try context.withProfilingQueue { (queue) throws(OpenCLError) -> [UInt64] in
      var failed = 0
      var times = [cl_ulong](repeating: 0, count: storage.count)
      let clock = ContinuousClock()
      let start = clock.now
      let code = opencl_replay_profiled(
        context.library.table, blas.table, queue, storage.commands, storage.count, &times, &failed)
      if code != OCL_SUCCESS { throw failure(code, at: failed) }
      let elapsed = (clock.now - start) / .nanoseconds(1)
      try Self.check(times, elapsed: elapsed, on: context.device)
      return times.map { UInt64($0) }
    }
  }

  /// Compares a driver's times of an in-order queue with the host's clock.
  static func check(
    _ nanoseconds: [UInt64], elapsed: Double, on device: OpenCLDevice
  ) throws(OpenCLError) {
    let sum = nanoseconds.reduce(0.0) { $0 + Double($1) }
    // The clocks may differ a little, and each time is rounded to a tick of the device's.
    let most = elapsed * 1.1 + Double(nanoseconds.count) * 2000
    guard !nanoseconds.isEmpty, sum <= 0 || sum > most else { return }
    throw .implausible(
      "event times of \(Int(min(sum, 1e18))) ns in all, within \(Int(elapsed)) ns",
      device: device.name)
  }

  private func failure(_ code: cl_int, at index: Int) -> OpenCLError {
    guard index < storage.count else {
      return .call("clWaitForEvents", code: code, detail: context.device.name)
    }
    let command = storage.commands[index]
    let (kernel, label) = (descriptions[index].kernel, descriptions[index].label)
    let detail = "command \(index) \(kernel) '\(label)' on \(context.device.name)"
    if command.kind == OPENCL_COMMAND_SGEMM.rawValue {
      return .clblast(code: code, detail: detail)
    }
    guard command.kind == OPENCL_COMMAND_KERNEL.rawValue else {
      return .call("clEnqueueCopyBuffer", code: code, detail: detail)
    }
    return .call("clEnqueueNDRangeKernel", code: code, detail: detail + excess(of: index))
  }

  /// The resources of launch `index` beyond the driver's limits for its kernel, in words; empty for none.
  private func excess(of index: Int) -> String {
    guard let query = kernelQuery(index) else { return "" }
    var excess = ""
    let local = storage.commands[index].local
    let group = local.0 * local.1 * local.2
    if let limit = query.groupLimit, group > limit {
      excess += ", a work-group of \(group) where the driver speaks of \(limit)"
    }
    let available = context.device.localMemorySize
    if let needed = query.localMemory, needed > available {
      excess += ", \(needed) bytes of local memory where the device has \(available)"
    }
    return excess
  }
}

/// The C arrays that the replay loop walks, and the buffers that must live as long as they do.
final class CommandStorage: Sendable {
  nonisolated(unsafe) let commands: UnsafeMutablePointer<opencl_command>
  nonisolated(unsafe) private let sgemms: UnsafeMutablePointer<opencl_sgemm>
  nonisolated(unsafe) private let copies: UnsafeMutablePointer<opencl_copy>
  nonisolated(unsafe) private(set) var count = 0
  nonisolated(unsafe) private var buffers: Set<DeviceMemory> = []
  private let library: OpenCLLibrary

  // Filled by the one thread that makes the list, and only read afterwards.
  init(capacity: Int, library: OpenCLLibrary) {
    commands = .allocate(capacity: max(1, capacity))
    sgemms = .allocate(capacity: max(1, capacity))
    copies = .allocate(capacity: max(1, capacity))
    self.library = library
  }

  deinit {
    for index in 0..<count where commands[index].kernel != nil {
      _ = library.cl.clReleaseKernel(commands[index].kernel)
    }
    commands.deallocate()
    sgemms.deallocate()
    copies.deallocate()
  }

  /// Adds a kernel, which it then owns.
  func append(_ kernel: cl_kernel, global: [Int], local: [Int]) {
    var command = opencl_command()
    command.kernel = kernel
    command.kind = OPENCL_COMMAND_KERNEL.rawValue
    command.dimensions = cl_uint(global.count)
    func size(_ sizes: [Int], _ axis: Int) -> Int { axis < sizes.count ? sizes[axis] : 1 }
    command.global = (size(global, 0), size(global, 1), size(global, 2))
    command.local = (size(local, 0), size(local, 1), size(local, 2))
    append(command)
  }

  func append(
    _ call: SgemmCall, resolve: (BufferReference) throws(OpenCLError) -> DeviceMemory
  ) throws(OpenCLError) {
    let (a, b, c) = (try resolve(call.a), try resolve(call.b), try resolve(call.c))
    buffers.formUnion([a, b, c])
    (sgemms + count).initialize(
      to: opencl_sgemm(
        transpose_a: call.transposeA ? 1 : 0, transpose_b: call.transposeB ? 1 : 0,
        m: call.m, n: call.n, k: call.k, a: a.raw, b: b.raw, c: c.raw,
        a_leading: call.transposeA ? call.m : call.k,
        b_leading: call.transposeB ? call.k : call.n, c_leading: call.n,
        a_stride: call.strideA, b_stride: call.strideB, c_stride: call.strideC,
        batch: call.batch, alpha: call.alpha, beta: call.beta))
    var command = opencl_command()
    command.kind = OPENCL_COMMAND_SGEMM.rawValue
    command.sgemm = UnsafePointer(sgemms + count)
    append(command)
  }

  func append(
    _ call: CopyCall, resolve: (BufferReference) throws(OpenCLError) -> DeviceMemory
  ) throws(OpenCLError) {
    let (source, destination) = (try resolve(call.source), try resolve(call.destination))
    buffers.formUnion([source, destination])
    (copies + count).initialize(
      to: opencl_copy(
        source: source.raw, destination: destination.raw, source_offset: call.sourceOffset,
        destination_offset: call.destinationOffset, byte_count: call.byteCount))
    var command = opencl_command()
    command.kind = OPENCL_COMMAND_COPY.rawValue
    command.copy = UnsafePointer(copies + count)
    append(command)
  }

  /// Keeps `buffer` alive for a kernel's sake.
  func retain(_ buffer: DeviceMemory) { buffers.insert(buffer) }

  private func append(_ command: opencl_command) {
    (commands + count).initialize(to: command)
    count += 1
  }
}
