extension JSONValue {
  /// Reads the JSON file at `path`, with or without a byte-order mark.
  ///
  /// - Throws: `FormatError` if it cannot be read, has more than `limit` bytes, or is not JSON.
  package static func read(_ path: String, limit: Int) throws(FormatError) -> JSONValue {
    let text = try TextFile.read(path, limit: limit)
    return try parse(text, path: path, offset: text.startIndex)
  }

  /// Parses UTF-8 JSON text; white space around the value is allowed.
  ///
  /// - Parameters:
  ///   - bytes: The text.
  ///   - path: The file's name in errors.
  ///   - offset: The offset of `bytes` in that file, added to every offset in errors.
  /// - Throws: `FormatError` for anything RFC 8259 forbids, a key that occurs twice in one object, and
  ///   nesting deeper than 64.
  ///
  /// Source: [RFC 8259](https://www.rfc-editor.org/rfc/rfc8259).
  package static func parse(
    _ bytes: ArraySlice<UInt8>, path: String, offset: Int = 0
  ) throws(FormatError) -> JSONValue {
    var parser = JSONParser(bytes: Array(bytes), path: path, offset: offset)
    let value = try parser.value(depth: 0)
    parser.skipSpace()
    guard parser.position == parser.bytes.count else {
      throw parser.fault("text after the value")
    }
    return value
  }
}

private struct JSONParser {
  let bytes: [UInt8]
  let path: String
  let offset: Int
  var position = 0

  private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

  func fault(_ reason: String) -> FormatError {
    FormatError(path, at: offset + position, .notJSON(reason))
  }

  mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 {
      position += 1
    }
  }

  mutating func value(depth: Int) throws(FormatError) -> JSONValue {
    guard depth < 64 else { throw fault("nested deeper than 64") }
    skipSpace()
    guard let byte = peek else { throw fault("the text ends where a value should stand") }
    switch byte {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ text: String, _ value: JSONValue) throws(FormatError) -> JSONValue {
    guard bytes[position...].starts(with: text.utf8) else { throw fault("an unknown word") }
    position += text.utf8.count
    return value
  }

  private mutating func object(depth: Int) throws(FormatError) -> JSONValue {
    position += 1
    var members: [JSONValue.Member] = []
    // Keys are compared by their bytes: an accented letter differs from a letter with an accent behind it.
    var seen: Set<[UInt8]> = []
    skipSpace()
    if take("}") { return .object(members) }
    while true {
      skipSpace()
      let start = position
      guard peek == UInt8(ascii: "\"") else { throw fault("a key should stand here") }
      let key = try string()
      guard seen.insert(Array(key.utf8)).inserted else {
        throw FormatError(path, at: offset + start, .duplicateKey(key))
      }
      skipSpace()
      guard take(":") else { throw fault("':' should stand here") }
      members.append(JSONValue.Member(key, try value(depth: depth + 1)))
      skipSpace()
      if take("}") { return .object(members) }
      guard take(",") else { throw fault("',' or '}' should stand here") }
    }
  }

  private mutating func array(depth: Int) throws(FormatError) -> JSONValue {
    position += 1
    var elements: [JSONValue] = []
    skipSpace()
    if take("]") { return .array(elements) }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if take("]") { return .array(elements) }
      guard take(",") else { throw fault("',' or ']' should stand here") }
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard let byte = peek, UInt32(byte) == character.value else { return false }
    position += 1
    return true
  }

  private mutating func number() throws(FormatError) -> JSONValue {
    let start = position
    _ = take("-")
    if !take("0") {
      guard digits() > 0 else {
        position = start
        throw fault("a value should stand here")
      }
    }
    if take("."), digits() == 0 { throw fault("a digit should stand here") }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      guard digits() > 0 else { throw fault("a digit should stand here") }
    }
    return .number(String(decoding: bytes[start..<position], as: UTF8.self))
  }

  private mutating func digits() -> Int {
    let start = position
    while let byte = peek, byte >= 0x30, byte <= 0x39 { position += 1 }
    return position - start
  }

  private mutating func string() throws(FormatError) -> String {
    position += 1
    var content: [UInt8] = []
    while let byte = peek {
      switch byte {
      case UInt8(ascii: "\""):
        guard let text = String(validating: content, as: UTF8.self) else {
          throw fault("a string that is not UTF-8 ends here")
        }
        position += 1
        return text
      case UInt8(ascii: "\\"): try escape(into: &content)
      case 0..<0x20: throw fault("a control character in a string")
      default:
        content.append(byte)
        position += 1
      }
    }
    throw fault("the text ends inside a string")
  }

  private mutating func escape(into content: inout [UInt8]) throws(FormatError) {
    position += 1
    guard let byte = peek else { throw fault("the text ends inside a string") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): content.append(byte)
    case UInt8(ascii: "b"): content.append(0x08)
    case UInt8(ascii: "f"): content.append(0x0C)
    case UInt8(ascii: "n"): content.append(0x0A)
    case UInt8(ascii: "r"): content.append(0x0D)
    case UInt8(ascii: "t"): content.append(0x09)
    case UInt8(ascii: "u"): content.append(contentsOf: try unicodeEscape().utf8)
    default: throw fault("an unknown escape")
    }
  }

  private mutating func unicodeEscape() throws(FormatError) -> String {
    var code = try fourDigits()
    if (0xD800..<0xDC00).contains(code) {
      guard take("\\"), take("u") else { throw fault("half of a surrogate pair") }
      let low = try fourDigits()
      guard (0xDC00..<0xE000).contains(low) else { throw fault("half of a surrogate pair") }
      code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
    }
    guard let scalar = Unicode.Scalar(code) else { throw fault("half of a surrogate pair") }
    return String(Character(scalar))
  }

  private mutating func fourDigits() throws(FormatError) -> UInt32 {
    guard bytes.count - position >= 4 else { throw fault("four digits should stand here") }
    var code: UInt32 = 0
    for byte in bytes[position..<position + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
        throw fault("four digits should stand here")
      }
      code = code << 4 | UInt32(digit)
    }
    position += 4
    return code
  }
}
