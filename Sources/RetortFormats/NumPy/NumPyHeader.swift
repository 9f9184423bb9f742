/// What the head of a NumPy file says of its array.
///
/// The head is a Python dictionary, of which just the form that NumPy writes is read; nothing is evaluated.
///
/// Source: NumPy's `numpy/lib/format.py`, versions 1.0, 2.0 and 3.0.
package struct NumPyHeader: Equatable, Sendable {
  /// The type of an element.
  package let elementType: HostTensor.ElementType
  /// Whether the bytes of an element are the most significant first.
  package let isBigEndian: Bool
  /// Whether the first index changes fastest.
  package let isFortran: Bool
  /// The dimensions.
  package let shape: [Int]
  /// Where the elements begin.
  package let start: Int

  /// The first bytes of a file that hold any usual header.
  package static let length = 4096

  /// Whether a file whose first bytes are given is one of NumPy.
  package static func isNumPy(_ head: [UInt8]) -> Bool { head.starts(with: magic) }

  private static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  /// The header in the first bytes of a file.
  ///
  /// - Throws: `FormatError` for another kind of file, elements that are no numbers (pickled objects are never
  ///   read), a damaged header.
  package init(_ bytes: [UInt8], path: String) throws(FormatError) {
    guard Self.isNumPy(bytes) else {
      throw FormatError(
        path, at: 0, in: "magic number",
        .wrongMagic(expected: "\\x93NUMPY", found: listed(bytes.prefix(6))))
    }
    guard bytes.count >= 12 else {
      throw FormatError(path, in: "header", .truncated(needed: 12, available: bytes.count))
    }
    guard 1...3 ~= bytes[6] else {
      throw FormatError(
        path, at: 6, in: "version",
        .unsupported(what: "version \(bytes[6])", supported: "1, 2 and 3"))
    }
    let isShort = bytes[6] == 1
    let lengthBytes = bytes[8..<(isShort ? 10 : 12)]
    let length = lengthBytes.reversed().reduce(0) { $0 << 8 | Int($1) }
    start = lengthBytes.endIndex + length
    guard bytes.count >= start else {
      throw FormatError(
        path, at: lengthBytes.endIndex, in: "header",
        .truncated(needed: length, available: bytes.count - lengthBytes.endIndex))
    }
    var literal = PythonLiteral(
      text: Array(bytes[lengthBytes.endIndex..<start]), path: path, offset: lengthBytes.endIndex)
    let entries = try literal.dictionary()
    guard case .text(let code)? = entries["descr"] else {
      throw FormatError(path, in: "header", .missingKey("descr"))
    }
    guard case .bool(let isFortran)? = entries["fortran_order"] else {
      throw FormatError(path, in: "header", .missingKey("fortran_order"))
    }
    guard case .numbers(let shape)? = entries["shape"] else {
      throw FormatError(path, in: "header", .missingKey("shape"))
    }
    (self.isFortran, self.shape) = (isFortran, shape)
    isBigEndian = code.hasPrefix(">")
    guard let type = Self.types[String(code.drop { "<>|=".contains($0) })] else {
      throw FormatError(
        path, in: "descr",
        .unsupported(
          what: code.hasSuffix("O") ? "an array of pickled objects" : "the type '\(code)'",
          supported: "bool, integers of 8 to 64 bits and floats of 16 to 64 bits"))
    }
    elementType = type
  }

  private static let types: [String: HostTensor.ElementType] = [
    "b1": .bool, "u1": .uint8, "i1": .int8, "u2": .uint16, "i2": .int16, "u4": .uint32,
    "i4": .int32, "u8": .uint64, "i8": .int64, "f2": .float16, "f4": .float32, "f8": .float64,
  ]
}

/// The reader of the one form of Python's dictionaries that NumPy writes.
private struct PythonLiteral {
  enum Value {
    case text(String)
    case bool(Bool)
    case numbers([Int])
  }

  let text: [UInt8]
  let path: String
  let offset: Int
  var position = 0

  mutating func dictionary() throws(FormatError) -> [String: Value] {
    var entries: [String: Value] = [:]
    try expect("{")
    while !take("}") {
      let key = try string()
      try expect(":")
      let value = try value()
      guard entries.updateValue(value, forKey: key) == nil else {
        throw FormatError(path, in: "header", .duplicateKey(key))
      }
      if !take(",") {
        try expect("}")
        break
      }
    }
    skipSpace()
    guard position == text.count else { throw fault("text after the dictionary") }
    return entries
  }

  private mutating func value() throws(FormatError) -> Value {
    skipSpace()
    switch position < text.count ? text[position] : 0 {
    case UInt8(ascii: "'"), UInt8(ascii: "\""): return .text(try string())
    case UInt8(ascii: "("): return .numbers(try tuple())
    case UInt8(ascii: "T") where take("True"): return .bool(true)
    case UInt8(ascii: "F") where take("False"): return .bool(false)
    case UInt8(ascii: "["):
      throw FormatError(
        path, in: "descr",
        .unsupported(what: "an array of records", supported: "arrays of plain numbers"))
    default: throw fault("a value that NumPy does not write")
    }
  }

  private mutating func string() throws(FormatError) -> String {
    skipSpace()
    guard position < text.count, [UInt8(ascii: "'"), UInt8(ascii: "\"")].contains(text[position])
    else { throw fault("no quoted word here") }
    let quote = text[position]
    guard let end = text[(position + 1)...].firstIndex(of: quote) else {
      throw fault("a word without its closing quote")
    }
    defer { position = end + 1 }
    return String(decoding: text[(position + 1)..<end], as: UTF8.self)
  }

  private mutating func tuple() throws(FormatError) -> [Int] {
    var numbers: [Int] = []
    try expect("(")
    while !take(")") {
      skipSpace()
      let digits = text[position...].prefix { (0x30...0x39).contains($0) }
      guard let number = Int(String(decoding: digits, as: UTF8.self)) else {
        throw fault("a dimension that is no whole number from 0 on")
      }
      guard numbers.count < 32 else { throw fault("more than 32 dimensions") }
      numbers.append(number)
      position = digits.endIndex
      if !take(",") {
        try expect(")")
        break
      }
    }
    return numbers
  }

  private mutating func skipSpace() {
    while position < text.count, [0x20, 0x0A, 0x0D, 0x09].contains(text[position]) { position += 1 }
  }

  /// Whether `word` is next, which is then passed over.
  private mutating func take(_ word: String) -> Bool {
    skipSpace()
    guard text[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func expect(_ word: String) throws(FormatError) {
    guard take(word) else { throw fault("no '\(word)' here") }
  }

  private func fault(_ reason: String) -> FormatError {
    FormatError(path, at: offset + position, in: "header", .corrupt(reason))
  }
}
