/// An array in the IDX format of the MNIST family: a shape and big-endian elements.
///
/// Source: [The MNIST database, file formats](http://yann.lecun.com/exdb/mnist/).
package struct IDX: Equatable, Sendable {
  /// The storage of one element; raw values are the format's type codes.
  package enum ElementType: UInt8, CaseIterable, Sendable {
    case uint8 = 0x08
    case int8 = 0x09
    case int16 = 0x0B
    case int32 = 0x0C
    case float32 = 0x0D
    case float64 = 0x0E

    /// The size of one element in bytes.
    package var byteCount: Int {
      switch self {
      case .uint8, .int8: 1
      case .int16: 2
      case .int32, .float32: 4
      case .float64: 8
      }
    }
  }

  /// The dimensions, outermost first.
  package let shape: [Int]
  /// The storage of one element.
  package let elementType: ElementType
  /// The elements, row-major, each big-endian.
  package let bytes: ArraySlice<UInt8>

  /// An array of stored bytes, whose count matches `shape`.
  package init(shape: [Int], elementType: ElementType = .uint8, bytes: ArraySlice<UInt8>) {
    precondition(
      shape.count < 256 && shape.allSatisfy { $0 >= 0 && $0 <= UInt32.max }
        && shape.reduce(elementType.byteCount, *) == bytes.count,
      "an IDX array's bytes must be those of its shape")
    self.shape = shape
    self.elementType = elementType
    self.bytes = bytes
  }

  /// Reads the file at `path`, plain or gzip.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - limit: The largest size of the content in bytes, header included.
  /// - Throws: `FormatError` naming the byte at fault.
  package static func read(_ path: String, limit: Int = 1 << 31) throws(FormatError) -> IDX {
    var bytes = try FileBytes.read(path, limit: limit)
    if Gzip.isGzip(bytes) { bytes = try Gzip.inflate(bytes, limit: limit, path: path) }
    return try parse(bytes, path: path)
  }

  /// Reads the plain content of a file from memory.
  ///
  /// - Throws: `FormatError` naming the byte at fault.
  package static func parse(_ bytes: [UInt8], path: String) throws(FormatError) -> IDX {
    try ForeignFile.refuse(bytes, path: path)
    guard bytes.count >= 4 else {
      throw FormatError(
        path, at: 0, in: "magic number", .truncated(needed: 4, available: bytes.count))
    }
    guard bytes[0] == 0, bytes[1] == 0 else {
      throw FormatError(
        path, at: 0, in: "magic number",
        .wrongMagic(expected: "0 0 (IDX)", found: "\(bytes[0]) \(bytes[1])"))
    }
    guard let elementType = ElementType(rawValue: bytes[2]) else {
      throw FormatError(
        path, at: 2, in: "element type",
        .unsupported(what: "type \(bytes[2])", supported: "8, 9, 11, 12, 13 and 14"))
    }
    let rank = Int(bytes[3])
    let start = 4 + 4 * rank
    guard bytes.count >= start else {
      throw FormatError(
        path, at: 4, in: "dimensions", .truncated(needed: 4 * rank, available: bytes.count - 4))
    }
    let shape = (0..<rank).map { axis in
      bytes[4 + 4 * axis..<8 + 4 * axis].reduce(0) { $0 << 8 | Int($1) }
    }
    var expected = elementType.byteCount
    for dimension in shape {
      let (product, overflow) = expected.multipliedReportingOverflow(by: dimension)
      guard !overflow else {
        throw FormatError(path, at: 4, in: "dimensions", .sizeOverflow(shape: shape))
      }
      expected = product
    }
    guard bytes.count - start >= expected else {
      throw FormatError(
        path, at: start, in: "elements",
        .truncated(needed: expected, available: bytes.count - start))
    }
    guard bytes.count - start == expected else {
      throw FormatError(
        path, at: start + expected, in: "elements",
        .trailingBytes(bytes.count - start - expected))
    }
    return IDX(shape: shape, elementType: elementType, bytes: bytes[start...])
  }

  /// The array as the bytes of a plain file.
  package func encoded() -> [UInt8] {
    var result: [UInt8] = [0, 0, elementType.rawValue, UInt8(shape.count)]
    for dimension in shape {
      result += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: dimension >> $0) }
    }
    return result + bytes
  }
}
