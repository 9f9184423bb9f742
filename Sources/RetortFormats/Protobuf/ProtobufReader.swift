/// The fields of one message in Protocol Buffers' wire format, read in order.
///
/// Nothing is copied: nested messages, strings and packed numbers are slices of the file's bytes.
///
/// Source: [Encoding](https://protobuf.dev/programming-guides/encoding/).
struct ProtobufReader {
  /// The value of a field.
  enum Value {
    case varint(UInt64)
    case fixed64(UInt64)
    case fixed32(UInt32)
    /// A string, bytes, a nested message or packed numbers.
    case bytes(ArraySlice<UInt8>)
  }

  /// The file, for messages.
  let path: String
  private var rest: ArraySlice<UInt8>

  /// A reader of the message that `bytes` are; their indices are offsets in the file.
  init(_ bytes: ArraySlice<UInt8>, path: String) { (rest, self.path) = (bytes, path) }

  /// The offset in the file of what is read next.
  var offset: Int { rest.startIndex }

  /// The next field with its number; nil at the end of the message.
  ///
  /// - Throws: `FormatError` for a field that leaves the message, or of a kind that is not in use any more.
  mutating func next() throws(FormatError) -> (number: Int, value: Value)? {
    guard !rest.isEmpty else { return nil }
    let start = rest.startIndex
    let key = try varint()
    guard key >> 3 >= 1, key >> 3 <= 536_870_911 else {
      throw FormatError(path, at: start, .corrupt("\(key >> 3) is no number of a field"))
    }
    let number = Int(key >> 3)
    switch key & 7 {
    case 0: return (number, .varint(try varint()))
    case 1: return (number, .fixed64(Self.number(try take(8))))
    case 2:
      let count = try varint()
      guard count <= UInt64(rest.count) else {
        throw FormatError(
          path, at: rest.startIndex,
          .truncated(needed: Int(clamping: count), available: rest.count))
      }
      return (number, .bytes(try take(Int(count))))
    case 5: return (number, .fixed32(Self.number(try take(4))))
    default:
      throw FormatError(
        path, at: start, .corrupt("field \(number) is of wire type \(key & 7), which none is"))
    }
  }

  /// The number at the front, of seven bits a byte.
  mutating func varint() throws(FormatError) -> UInt64 {
    var result: UInt64 = 0
    let start = rest.startIndex
    for shift in stride(from: UInt64(0), through: 63, by: 7) {
      guard let byte = rest.popFirst() else {
        throw FormatError(path, at: start, .truncated(needed: 1, available: 0))
      }
      result |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return result }
    }
    throw FormatError(path, at: start, .corrupt("a number has more than ten bytes"))
  }

  private mutating func take(_ count: Int) throws(FormatError) -> ArraySlice<UInt8> {
    guard count <= rest.count else {
      throw FormatError(
        path, at: rest.startIndex, .truncated(needed: count, available: rest.count))
    }
    defer { rest = rest.dropFirst(count) }
    return rest.prefix(count)
  }

  private static func number<T: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>) -> T {
    bytes.reversed().reduce(0) { $0 << 8 | T(truncatingIfNeeded: $1) }
  }
}

extension ProtobufReader.Value {
  /// The integer of a varint; nil for other kinds.
  var int: Int? {
    if case .varint(let value) = self { return Int(Int64(bitPattern: value)) }
    return nil
  }

  /// The float32 of four bytes; nil for other kinds.
  var float: Float? {
    if case .fixed32(let bits) = self { return Float(bitPattern: bits) }
    return nil
  }

  /// The bytes of a string, a message or packed numbers; nil for other kinds.
  var bytes: ArraySlice<UInt8>? {
    if case .bytes(let bytes) = self { return bytes }
    return nil
  }

  /// The text of a string, with what is not UTF-8 replaced; nil for other kinds.
  var text: String? { bytes.map { String(decoding: $0, as: UTF8.self) } }
}
