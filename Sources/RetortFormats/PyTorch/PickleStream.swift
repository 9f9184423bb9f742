/// The bytes of a pickle, read once from front to back.
struct PickleStream {
  /// The file's path, for errors.
  let path: String
  /// The part of the file that the bytes are of, for errors; nil for the file itself.
  let part: String?
  private let bytes: [UInt8]
  /// The offset of the next byte.
  private(set) var position = 0

  /// A stream of `bytes`.
  init(_ bytes: [UInt8], path: String, part: String? = nil) {
    (self.bytes, self.path, self.part) = (bytes, path, part)
  }

  /// The bytes that are left.
  var remaining: Int { bytes.count - position }

  /// A fault at the given offset; the last byte read if nil.
  func error(_ fault: FormatError.Fault, at offset: Int? = nil) -> FormatError {
    FormatError(path, at: offset ?? max(0, position - 1), in: part, fault)
  }

  /// The next `count` bytes.
  mutating func take(_ count: Int) throws(FormatError) -> ArraySlice<UInt8> {
    guard count >= 0, count <= remaining else {
      throw error(.truncated(needed: max(0, count), available: remaining), at: position)
    }
    defer { position += count }
    return bytes[position..<position + count]
  }

  /// The next byte.
  mutating func byte() throws(FormatError) -> UInt8 {
    let byte = try take(1)
    return byte[byte.startIndex]
  }

  /// The next little-endian number of `count` ≤ 8 bytes.
  mutating func number(_ count: Int) throws(FormatError) -> UInt64 {
    try take(count).reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// The next little-endian number of `count` ≤ 8 bytes as a length; one beyond the file is refused later.
  mutating func length(_ count: Int) throws(FormatError) -> Int { Int(clamping: try number(count)) }

  /// The next `count` bytes as text.
  mutating func text(_ count: Int) throws(FormatError) -> String {
    let taken = try take(count)
    guard let text = String(validating: taken, as: UTF8.self) else {
      throw error(.notUTF8, at: position - count)
    }
    return text
  }

  /// The bytes up to the end of the line, as text.
  mutating func line() throws(FormatError) -> String {
    guard let end = bytes[position...].prefix(256).firstIndex(of: UInt8(ascii: "\n")) else {
      throw error(.corrupt("a name without an end"))
    }
    let line = try text(end - position)
    position += 1
    return line
  }
}
