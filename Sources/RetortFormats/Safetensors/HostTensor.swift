/// A tensor in host memory as stored in files: a shape, an element type and little-endian bytes.
public struct HostTensor: Equatable, Sendable {
  /// The storage of one element; raw values are the names in safetensors files.
  public enum ElementType: String, CaseIterable, Sendable {
    case float64 = "F64"
    case float32 = "F32"
    case float16 = "F16"
    case bfloat16 = "BF16"
    case int64 = "I64"
    case int32 = "I32"
    case int16 = "I16"
    case int8 = "I8"
    case uint64 = "U64"
    case uint32 = "U32"
    case uint16 = "U16"
    case uint8 = "U8"
    case bool = "BOOL"

    /// The size of one element in bytes.
    public var byteCount: Int {
      switch self {
      case .float64, .int64, .uint64: 8
      case .float32, .int32, .uint32: 4
      case .float16, .bfloat16, .int16, .uint16: 2
      case .int8, .uint8, .bool: 1
      }
    }
  }

  /// The dimensions, outermost first; empty for a scalar.
  public let shape: [Int]
  /// The storage of one element.
  public let elementType: ElementType
  /// The elements, dense, row-major, little-endian.
  public let bytes: ArraySlice<UInt8>

  /// The number of elements.
  public var count: Int { bytes.count / elementType.byteCount }

  /// A tensor of stored bytes, whose count matches `shape`.
  public init(shape: [Int], elementType: ElementType, bytes: ArraySlice<UInt8>) {
    precondition(
      HostTensor.byteCount(shape: shape, elementType: elementType) == bytes.count,
      "a HostTensor's bytes must be those of its shape")
    self.shape = shape
    self.elementType = elementType
    self.bytes = bytes
  }

  /// A float32 tensor; `values` has as many elements as `shape`.
  public init(shape: [Int], floats values: [Float]) {
    self.init(
      shape: shape, elementType: .float32, bytes: values.withUnsafeBytes { [UInt8]($0)[...] })
  }

  /// An int32 tensor; `values` has as many elements as `shape`.
  public init(shape: [Int], int32s values: [Int32]) {
    self.init(
      shape: shape, elementType: .int32, bytes: values.withUnsafeBytes { [UInt8]($0)[...] })
  }

  /// An int64 tensor; `values` has as many elements as `shape`.
  public init(shape: [Int], int64s values: [Int64]) {
    self.init(
      shape: shape, elementType: .int64, bytes: values.withUnsafeBytes { [UInt8]($0)[...] })
  }

  /// A uint8 tensor; `values` has as many elements as `shape`.
  public init(shape: [Int], uint8s values: [UInt8]) {
    self.init(shape: shape, elementType: .uint8, bytes: values[...])
  }

  /// The bytes of a tensor of this shape; nil if a dimension is negative or the product overflows.
  static func byteCount(shape: [Int], elementType: ElementType) -> Int? {
    var count = elementType.byteCount
    for dimension in shape {
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      guard dimension >= 0, !overflow else { return nil }
      count = product
    }
    return count
  }
}
