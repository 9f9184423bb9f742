import CRetortCPU
import Glibc
import RetortCore

extension CPUBackend.Precision {
  /// The bytes of one stored element.
  func byteCount(_ dtype: DType) -> Int {
    switch (dtype, self) {
    case (.int32, _): 4
    case (.uint8, _): 1
    case (.float32, .float32): 4
    case (.float32, .float64): 8
    }
  }

  private var kernels: retort_kernels { InstructionSet.baseline.kernels(self) }

  /// Copies host elements into storage.
  func store(_ values: HostArray, at target: UnsafeMutableRawPointer) {
    switch values {
    case .float32(let floats):
      floats.withUnsafeBytes { store(floats: $0, at: target) }
    case .int32(let integers):
      integers.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress { memcpy(target, base, bytes.count) }
      }
    case .uint8(let bytes):
      bytes.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress { memcpy(target, base, bytes.count) }
      }
    }
  }

  /// Copies float32 elements into storage, converted to doubles in float64 precision.
  func store(floats bytes: UnsafeRawBufferPointer, at target: UnsafeMutableRawPointer) {
    guard let base = bytes.baseAddress, bytes.count > 0 else { return }
    if self == .float32 {
      memcpy(target, base, bytes.count)
    } else if UInt(bitPattern: base) % 4 == 0 {
      kernels.widen(base.assumingMemoryBound(to: Float.self), Int64(bytes.count / 4), target)
    } else {
      let aligned = [Float](unsafeUninitializedCapacity: bytes.count / 4) { buffer, count in
        UnsafeMutableRawBufferPointer(buffer).copyMemory(from: bytes)
        count = bytes.count / 4
      }
      store(.float32(aligned), at: target)
    }
  }

  func store(doubles: [Double], at target: UnsafeMutableRawPointer) {
    switch self {
    case .float32: store(.float32(doubles.map(Float.init)), at: target)
    case .float64:
      doubles.withUnsafeBytes { bytes in
        if let base = bytes.baseAddress { memcpy(target, base, bytes.count) }
      }
    }
  }

  func load(_ dtype: DType, _ count: Int, from source: UnsafeRawPointer) -> HostArray {
    switch dtype {
    case .int32:
      .int32(
        Array(
          UnsafeBufferPointer(start: source.assumingMemoryBound(to: Int32.self), count: count)))
    case .uint8:
      .uint8(
        Array(
          UnsafeBufferPointer(start: source.assumingMemoryBound(to: UInt8.self), count: count)))
    case .float32:
      .float32(
        Array(unsafeUninitializedCapacity: count) { buffer, initialized in
          if let base = buffer.baseAddress { kernels.narrow(source, Int64(count), base) }
          initialized = count
        })
    }
  }

  func loadDoubles(_ dtype: DType, _ count: Int, from source: UnsafeRawPointer) -> [Double] {
    switch (dtype, self) {
    case (.int32, _):
      UnsafeBufferPointer(start: source.assumingMemoryBound(to: Int32.self), count: count)
        .map(Double.init)
    case (.uint8, _):
      UnsafeBufferPointer(start: source.assumingMemoryBound(to: UInt8.self), count: count)
        .map(Double.init)
    case (.float32, .float32):
      UnsafeBufferPointer(start: source.assumingMemoryBound(to: Float.self), count: count)
        .map(Double.init)
    case (.float32, .float64):
      Array(UnsafeBufferPointer(start: source.assumingMemoryBound(to: Double.self), count: count))
    }
  }
}
