/// A message under construction in Protocol Buffers' wire format.
///
/// Source: [Encoding](https://protobuf.dev/programming-guides/encoding/).
struct ProtobufMessage {
  /// The bytes of the message so far.
  private(set) var bytes: [UInt8] = []

  /// Adds an integer ≥ 0.
  mutating func add(_ field: Int, _ value: Int) {
    key(field, wireType: 0)
    varint(UInt64(value))
  }

  /// Adds a float32.
  mutating func add(_ field: Int, _ value: Float) {
    key(field, wireType: 5)
    bytes += littleEndian(value.bitPattern)
  }

  /// Adds a float64.
  mutating func add(_ field: Int, _ value: Double) {
    key(field, wireType: 1)
    bytes += littleEndian(value.bitPattern)
  }

  /// Adds a string.
  mutating func add(_ field: Int, _ text: String) { add(field, Array(text.utf8)) }

  /// Adds a nested message.
  mutating func add(_ field: Int, _ message: ProtobufMessage) { add(field, message.bytes) }

  /// Adds bytes.
  mutating func add(_ field: Int, _ content: [UInt8]) {
    key(field, wireType: 2)
    varint(UInt64(content.count))
    bytes += content
  }

  private mutating func key(_ field: Int, wireType: UInt64) {
    varint(UInt64(field) << 3 | wireType)
  }

  private mutating func varint(_ value: UInt64) {
    var rest = value
    while rest >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}

/// The bytes of `value`, least significant first.
func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
