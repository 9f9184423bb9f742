import RetortCore
import RetortNN

/// The time of one operation on one device.
struct KernelTiming {
  let name: String
  /// The number of kernel launches per run.
  let launches: Int
  /// The number of runs per sample.
  let runsPerSample: Int
  /// Seconds per run, ascending.
  let samples: [Double]
  /// The floating-point operations of a run, two per multiply-add; 0 if the operation does not consist of
  /// them.
  let operations: Int

  /// The median of the samples, in seconds.
  var median: Double { samples[samples.count / 2] }

  /// The unit in which samples are compared.
  var unit: String { operations > 0 ? "GFLOP/s" : "ms" }

  /// A time as a number of `unit`.
  func value(_ seconds: Double) -> Double {
    operations > 0 ? Double(operations) / seconds / 1e9 : seconds * 1e3
  }

  /// Builds the operation, warms it up and times it: a sample is as many runs as take a tenth of a second,
  /// enqueued together and then waited for.
  ///
  /// - Throws: What a loss throws, `GraphError`, `BackendError.device` for a result that is NaN or infinite, or the device's
  ///   errors.
  init(_ kernel: KernelCase, repeats: Int, on backend: any Backend) throws {
    let session = Session(backend)
    var operands = KernelOperands()
    let result = try kernel.build(&operands)
    let executable: any Executable
    switch result {
    case .outputs(let tensors):
      executable = try session.compile(operands.graph, outputs: tensors)
    case .update(let effect, _):
      executable = try session.compile(operands.graph, outputs: [], effects: [effect])
    }
    for (index, variable) in operands.variables.enumerated() {
      // One block repeated, as some operands have half a gigabyte.
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
    // The time of a faulty operation is meaningless.
    let values =
      switch result {
      case .outputs: try executable.floats(0)
      case .update(_, let variable): try session.read(variable)
      }
    guard values.allSatisfy(\.isFinite), values.contains(where: { $0 != 0 }) else {
      throw BackendError.device("\(kernel.name) on \(backend.name) gives no finite result")
    }
    (name, launches, runsPerSample) = (kernel.name, executable.launchCount, count)
    // Of losses their products are the smaller part.
    operations = kernel.isLoss ? 0 : 2 * operands.graph.multiplyAccumulates
  }
}
