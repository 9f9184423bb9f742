/// A message under construction in Protocol Buffers' wire format.
///
/// Large contents are kept as they are, so that a message of a model's weights is not a second copy of them.
///
/// Source: [Encoding](https://protobuf.dev/programming-guides/encoding/).
struct ProtobufMessage {
  /// The message so far, in pieces.
  private(set) var pieces: [ArraySlice<UInt8>] = []
  /// The number of bytes so far.
  private(set) var byteCount = 0

  /// The bytes of the message so far.
  var bytes: [UInt8] { Array(pieces.joined()) }

  /// Adds an integer; a negative one takes ten bytes.
  mutating func add(_ field: Int, _ value: Int) {
    key(field, wireType: 0)
    varint(UInt64(bitPattern: Int64(value)))
  }

  /// Adds a float32.
  mutating func add(_ field: Int, _ value: Float) {
    key(field, wireType: 5)
    append(littleEndian(value.bitPattern)[...])
  }

  /// Adds a float64.
  mutating func add(_ field: Int, _ value: Double) {
    key(field, wireType: 1)
    append(littleEndian(value.bitPattern)[...])
  }

  /// Adds a string.
  mutating func add(_ field: Int, _ text: String) { add(field, Array(text.utf8)) }

  /// Adds a nested message.
  mutating func add(_ field: Int, _ message: ProtobufMessage) {
    key(field, wireType: 2)
    varint(UInt64(message.byteCount))
    for piece in message.pieces { append(piece) }
  }

  /// Adds bytes.
  mutating func add(_ field: Int, _ content: [UInt8]) { add(field, content[...]) }

  /// Adds bytes.
  mutating func add(_ field: Int, _ content: ArraySlice<UInt8>) {
    key(field, wireType: 2)
    varint(UInt64(content.count))
    append(content)
  }

  /// The most bytes of a piece that is made of smaller ones.
  private static let joined = 4096

  private mutating func append(_ content: ArraySlice<UInt8>) {
    byteCount += content.count
    let room = pieces.last.map { Self.joined - $0.count } ?? 0
    if content.count <= room {
      pieces[pieces.count - 1] += content
    } else {
      pieces.append(content)
    }
  }

  private mutating func key(_ field: Int, wireType: UInt64) {
    varint(UInt64(field) << 3 | wireType)
  }

  private mutating func varint(_ value: UInt64) {
    var (rest, encoded) = (value, [UInt8]())
    while rest >= 0x80 {
      encoded.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    encoded.append(UInt8(rest))
    append(encoded[...])
  }
}

/// The bytes of `value`, least significant first.
func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
  withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
