extension Safetensors {
  /// The largest size of a header in bytes.
  public static let headerLimit = 100_000_000

  /// Reads the file at `path`.
  ///
  /// - Throws: `FormatError` naming the byte or the tensor at fault.
  public static func read(_ path: String) throws(FormatError) -> Safetensors {
    try parse(try FileBytes.read(path), path: path)
  }

  /// Reads the content of a file from memory; tensors share its bytes.
  ///
  /// - Throws: `FormatError` naming the byte or the tensor at fault.
  public static func parse(
    _ bytes: [UInt8], path: String = "(memory)"
  ) throws(FormatError) -> Safetensors {
    let header = try header(of: bytes, path: path)
    let json = try JSONValue.parse(bytes[header], path: path, offset: header.lowerBound)
    guard let members = json.members else {
      throw FormatError(
        path, at: 8, in: "header", .wrongType(expected: "an object", found: json.kind))
    }
    var content = Safetensors(tensors: [:], path: path)
    var entries: [TensorEntry] = []
    for member in members {
      if member.key == "__metadata__" {
        content.metadata = try metadata(member.value, path: path)
      } else {
        entries.append(
          try TensorEntry(
            name: member.key, json: member.value, path: path,
            dataCount: bytes.count - header.upperBound))
      }
    }
    try checkTiling(&entries, dataStart: header.upperBound, fileCount: bytes.count, path: path)
    for entry in entries {
      let range = entry.begin + header.upperBound..<entry.end + header.upperBound
      content.tensors[entry.name] = HostTensor(
        shape: entry.shape, elementType: entry.elementType, bytes: bytes[range])
    }
    return content
  }

  private static func header(of bytes: [UInt8], path: String) throws(FormatError) -> Range<Int> {
    if bytes.count < 9 || bytes[8] != UInt8(ascii: "{") {
      try ForeignFile.refuse(bytes, path: path)
    }
    guard bytes.count >= 8 else {
      throw FormatError(
        path, at: 0, in: "header length", .truncated(needed: 8, available: bytes.count))
    }
    let length = bytes[..<8].reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= UInt64(headerLimit) else {
      throw FormatError(
        path, at: 0, in: "header length", .tooLarge(found: length, limit: UInt64(headerLimit)))
    }
    guard Int(length) <= bytes.count - 8 else {
      throw FormatError(
        path, at: 8, in: "header",
        .truncated(needed: Int(length), available: bytes.count - 8))
    }
    guard length > 0, bytes[8] == UInt8(ascii: "{") else {
      let found = length == 0 ? "nothing" : "byte \(bytes[8])"
      throw FormatError(path, at: 8, in: "header", .wrongMagic(expected: "'{'", found: found))
    }
    return 8..<8 + Int(length)
  }

  private static func metadata(
    _ json: JSONValue, path: String
  ) throws(FormatError) -> [String: String] {
    guard let members = json.members else {
      throw FormatError(
        path, in: "__metadata__", .wrongType(expected: "an object", found: json.kind))
    }
    var result: [String: String] = [:]
    for member in members {
      guard let text = member.value.string else {
        throw FormatError(
          path, in: "__metadata__, '\(member.key)'",
          .wrongType(expected: "a string", found: member.value.kind))
      }
      result[member.key] = text
    }
    return result
  }

  // The ranges must be contiguous, without gap or overlap, and end with the file.
  private static func checkTiling(
    _ entries: inout [TensorEntry], dataStart: Int, fileCount: Int, path: String
  ) throws(FormatError) {
    entries.sort { ($0.begin, $0.end, $0.name) < ($1.begin, $1.end, $1.name) }
    var cursor = 0
    var previous = ""
    for entry in entries {
      let field = "tensor '\(entry.name)', data_offsets"
      guard entry.begin >= cursor else {
        throw FormatError(
          path, at: dataStart + entry.begin, in: field, .overlap(with: "tensor '\(previous)'"))
      }
      guard entry.begin == cursor else {
        throw FormatError(
          path, at: dataStart + cursor, in: field, .gap(byteCount: entry.begin - cursor))
      }
      cursor = entry.end
      previous = entry.name
    }
    guard cursor == fileCount - dataStart else {
      throw FormatError(
        path, at: dataStart + cursor, in: "data",
        .trailingBytes(fileCount - dataStart - cursor))
    }
  }
}
