import RetortCore

/// A number of ones; what is written is forgotten.
final class IdleBuffer: DeviceBuffer {
  let count: Int
  let dtype: DType

  init(count: Int, dtype: DType) { (self.count, self.dtype) = (count, dtype) }

  func write(_ values: HostArray, at offset: Int) {}
  func read(at offset: Int, count: Int) -> HostArray { .ones(count, dtype) }
}

/// A plan that runs nothing; its outputs are ones, which no benchmark takes for a failure.
final class IdleExecutable: Executable {
  let launchCount: Int
  let byteCount: Int
  private let outputs: [Plan.Output]

  init(_ plan: Plan, launchCount: Int) {
    self.launchCount = launchCount
    outputs = plan.outputs
    byteCount = plan.arenaByteCount + plan.persistentByteCount
  }

  func setInput(_ index: Int, _ bytes: UnsafeRawBufferPointer) {}
  func run() {}
  func finish() {}
  func refresh() {}

  func output(_ index: Int) throws -> HostArray {
    .ones(outputs[index].shape.count, outputs[index].dtype)
  }
}

extension HostArray {
  fileprivate static func ones(_ count: Int, _ dtype: DType) -> HostArray {
    switch dtype {
    case .float32: .float32(Array(repeating: 1, count: count))
    case .int32: .int32(Array(repeating: 1, count: count))
    }
  }
}
