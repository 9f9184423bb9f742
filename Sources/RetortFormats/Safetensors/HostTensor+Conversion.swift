extension HostTensor {
  /// The elements as float32, or nil if they are not floating-point numbers.
  ///
  /// float16 and bfloat16 convert exactly; float64 is rounded to nearest.
  public var floats: [Float]? {
    switch elementType {
    case .float32: elements(Float.self)
    case .float64: elements(Double.self).map { Float($0) }
    case .float16: elements(UInt16.self).map(floatFromHalf)
    case .bfloat16: elements(UInt16.self).map { Float(bitPattern: UInt32($0) << 16) }
    default: nil
    }
  }

  /// The elements as int32, or nil if they are not integers or one does not fit.
  public var int32s: [Int32]? {
    elementType == .int32 ? elements(Int32.self) : integers(as: Int32.self)
  }

  /// The elements as int64, or nil if they are not integers or one does not fit.
  public var int64s: [Int64]? {
    elementType == .int64 ? elements(Int64.self) : integers(as: Int64.self)
  }

  /// The elements as uint8, or nil if they are not integers or one does not fit.
  public var uint8s: [UInt8]? {
    elementType == .uint8 ? Array(bytes) : integers(as: UInt8.self)
  }

  private func integers<T: FixedWidthInteger>(as type: T.Type) -> [T]? {
    switch elementType {
    case .int64: narrowed(Int64.self)
    case .int32: narrowed(Int32.self)
    case .int16: narrowed(Int16.self)
    case .int8: narrowed(Int8.self)
    case .uint64: narrowed(UInt64.self)
    case .uint32: narrowed(UInt32.self)
    case .uint16: narrowed(UInt16.self)
    case .uint8, .bool: narrowed(UInt8.self)
    case .float64, .float32, .float16, .bfloat16: nil
    }
  }

  private func narrowed<Stored: FixedWidthInteger & BitwiseCopyable, T: FixedWidthInteger>(
    _ stored: Stored.Type
  ) -> [T]? {
    var result: [T] = []
    result.reserveCapacity(count)
    for value in elements(stored) {
      guard let fitting = T(exactly: value) else { return nil }
      result.append(fitting)
    }
    return result
  }

  // Elements need not be aligned in the file, so they are copied bytewise.
  private func elements<T: BitwiseCopyable>(_ type: T.Type) -> [T] {
    bytes.withUnsafeBytes { raw in
      [T](unsafeUninitializedCapacity: count) { buffer, filled in
        UnsafeMutableRawBufferPointer(buffer).copyMemory(from: raw)
        filled = count
      }
    }
  }
}

/// The value of an IEEE 754 half-precision number.
private func floatFromHalf(_ half: UInt16) -> Float {
  let sign = UInt32(half & 0x8000) << 16
  let exponent = UInt32(half >> 10) & 0x1F
  let fraction = UInt32(half & 0x3FF)
  switch exponent {
  case 0:  // zero or subnormal: fraction × 2⁻²⁴, exact in float32
    let magnitude = Float(fraction) * 0x1p-24
    return Float(bitPattern: magnitude.bitPattern | sign)
  case 31: return Float(bitPattern: sign | 0x7F80_0000 | fraction << 13)
  default: return Float(bitPattern: sign | (exponent + 112) << 23 | fraction << 13)
  }
}
