/// A buffer that takes no memory: it reads as ones, and writes are ignored.
package final class NullBuffer: DeviceBuffer {
  package let count: Int
  package let dtype: DType
  private let companion: AnyObject?

  /// - Parameter companion: An object kept alive as long as the buffer.
  package init(count: Int, dtype: DType, companion: AnyObject? = nil) {
    (self.count, self.dtype, self.companion) = (count, dtype, companion)
  }

  package func write(_ values: HostArray, at offset: Int) {}
  package func read(at offset: Int, count: Int) -> HostArray { .ones(count, dtype) }
}

/// An executable that runs nothing; its outputs are ones, which no benchmark takes for a failure.
package final class NullExecutable: Executable {
  package let launchCount: Int
  package let byteCount: Int
  private let outputs: [Plan.Output]
  private let companion: AnyObject?

  /// - Parameter companion: An object kept alive as long as the executable.
  package init(_ plan: Plan, launchCount: Int, companion: AnyObject? = nil) {
    (self.launchCount, self.companion) = (launchCount, companion)
    outputs = plan.outputs
    byteCount = plan.arenaByteCount + plan.persistentByteCount
  }

  package func setInput(_ index: Int, _ bytes: UnsafeRawBufferPointer) {}
  package func run() {}
  package func finish() {}
  package func refresh() {}

  package func output(_ index: Int) throws -> HostArray {
    .ones(outputs[index].shape.count, outputs[index].dtype)
  }
}

extension HostArray {
  fileprivate static func ones(_ count: Int, _ dtype: DType) -> HostArray {
    switch dtype {
    case .float32: .float32(Array(repeating: 1, count: count))
    case .int32: .int32(Array(repeating: 1, count: count))
    case .uint8: .uint8(Array(repeating: 1, count: count))
    }
  }
}
