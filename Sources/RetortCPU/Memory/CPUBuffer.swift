import RetortCore

/// A buffer in the processor's memory.
public final class CPUBuffer: DeviceBuffer {
  /// The number of elements.
  public let count: Int
  /// The element type; float32 elements are doubles on a float64 backend.
  public let dtype: DType
  let precision: CPUBackend.Precision
  private let region: Region

  init(count: Int, dtype: DType, precision: CPUBackend.Precision) throws {
    guard count >= 0 else {
      throw BackendError.wrongData(
        what: "a buffer", expected: "a count of at least 0", found: "\(count)")
    }
    self.count = count
    self.dtype = dtype
    self.precision = precision
    region = try Region(byteCount: count * precision.byteCount(dtype) + Plan.slack)
  }

  /// The address of element `offset`.
  func pointer(at offset: Int) -> UnsafeMutableRawPointer {
    region.start + offset * precision.byteCount(dtype)
  }

  /// Replaces the elements from `offset` on.
  ///
  /// - Throws: `BackendError.wrongData` for another element type, `outOfBounds` for too many.
  public func write(_ values: HostArray, at offset: Int) throws {
    try check(values.dtype, offset, values.count)
    precision.store(values, at: pointer(at: offset))
  }

  /// The elements from `offset` on.
  ///
  /// - Throws: `BackendError.outOfBounds`.
  public func read(at offset: Int, count: Int) throws -> HostArray {
    try check(dtype, offset, count)
    return precision.load(dtype, count, from: pointer(at: offset))
  }

  /// Replaces the elements from `offset` on, rounded to the backend's storage.
  ///
  /// - Throws: `BackendError.wrongData` on int32 elements, `outOfBounds` for too many.
  public func writeDoubles(_ values: [Double], at offset: Int) throws {
    try check(.float32, offset, values.count)
    precision.store(doubles: values, at: pointer(at: offset))
  }

  /// The elements from `offset` on, converted to doubles.
  ///
  /// - Throws: `BackendError.outOfBounds`.
  public func readDoubles(at offset: Int, count: Int) throws -> [Double] {
    try check(dtype, offset, count)
    return precision.loadDoubles(dtype, count, from: pointer(at: offset))
  }

  private func check(_ type: DType, _ offset: Int, _ number: Int) throws {
    guard type == dtype else {
      throw BackendError.wrongData(what: "a buffer", expected: "\(dtype)", found: "\(type)")
    }
    guard offset >= 0, number >= 0, offset <= count, number <= count - offset else {
      throw BackendError.outOfBounds(
        what: "a buffer", offset: offset, count: number, capacity: count)
    }
  }
}
