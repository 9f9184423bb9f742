import RetortCore
import RetortNN

/// The time of one operation on one device.
struct KernelTiming {
  let name: String
  /// Kernel launches of one run.
  let launches: Int
  /// Runs of one sample.
  let runsPerSample: Int
  /// Seconds per run, ascending.
  let samples: [Double]
  /// Multiply-adds count as two; zero where the operation is not made of them.
  let operations: Int

  /// The middle sample.
  var median: Double { samples[samples.count / 2] }

  /// What samples are compared in.
  var unit: String { operations > 0 ? "GFLOP/s" : "ms" }

  /// A time as a number of `unit`.
  func value(_ seconds: Double) -> Double {
    operations > 0 ? Double(operations) / seconds / 1e9 : seconds * 1e3
  }

  /// Builds the operation, warms it up and times it: a sample is as many runs as take a tenth of a
  /// second, enqueued at once and waited for.
  ///
  /// - Throws: `GraphError`, `BackendError.device` for a result that is not finite, or the device's
  ///   errors.
  init(_ kernel: KernelCase, repeats: Int, on backend: any Backend) throws {
    let session = Session(backend)
    var operands = KernelOperands()
    let result = kernel.build(&operands)
    let executable: any Executable
    switch result {
    case .outputs(let tensors):
      executable = try session.compile(operands.graph, outputs: tensors)
    case .update(let effect, _):
      executable = try session.compile(operands.graph, outputs: [], effects: [effect])
    }
    for (index, variable) in operands.variables.enumerated() {
      // One block over and over: some operands are half a gigabyte.
      let block = Philox4x32(seed: 1, stream: UInt32(index)).uniforms(min(variable.count, 1 << 20))
      for start in stride(from: 0, to: variable.count, by: block.count) {
        try session.write(Array(block.prefix(variable.count - start)), to: variable, at: start)
      }
    }
    let clock = ContinuousClock()
    func seconds(_ count: Int) throws -> Double {
      let start = clock.now
      for _ in 0..<count { try executable.run() }
      try executable.finish()
      return (clock.now - start).seconds / Double(count)
    }
    _ = try seconds(1)
    let count = max(1, Int(min(2000, 0.1 / (try seconds(1)))))
    samples = try (0..<repeats).map { _ in try seconds(count) }.sorted()
    // An operation that went wrong is fast for nothing.
    let values =
      switch result {
      case .outputs: try executable.floats(0)
      case .update(_, let variable): try session.read(variable)
      }
    guard values.allSatisfy(\.isFinite), values.contains(where: { $0 != 0 }) else {
      throw BackendError.device("\(kernel.name) on \(backend.name) gives no finite result")
    }
    (name, launches, runsPerSample) = (kernel.name, executable.launchCount, count)
    operations = 2 * operands.graph.multiplyAccumulates
  }
}
