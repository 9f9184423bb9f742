/// Whole text files.
package enum TextFile {
  /// The bytes of the UTF-8 text at `path`, without a byte-order mark.
  ///
  /// - Throws: `FormatError` if it cannot be read, has more than `limit` bytes, or is not UTF-8 text.
  package static func read(_ path: String, limit: Int) throws(FormatError) -> ArraySlice<UInt8> {
    try content(of: FileBytes.read(path, limit: limit), path: path)
  }

  /// The UTF-8 text in `bytes`, read from `path`, without a byte-order mark.
  ///
  /// - Throws: `FormatError` if the bytes are recognised as another kind of file or encoding.
  package static func content(
    of bytes: [UInt8], path: String
  ) throws(FormatError) -> ArraySlice<UInt8> {
    try ForeignFile.refuse(bytes, path: path)
    if let encoding = unmarkedEncoding(of: bytes) {
      throw FormatError(
        path, .unsupported(what: encoding, supported: "UTF-8; save the file in that encoding"))
    }
    return bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
  }

  /// Passes each line of the text `bytes` to `body`, numbered from 1, without its LF or CR LF.
  ///
  /// - Throws: `FormatError` with the number of a line that is not UTF-8, and the errors of `body`.
  package static func lines(
    of bytes: ArraySlice<UInt8>, path: String,
    _ body: (_ number: Int, _ line: String) throws(FormatError) -> Void
  ) throws(FormatError) {
    var (rest, number) = (bytes, 0)
    while !rest.isEmpty {
      let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? rest.endIndex
      var line = rest[..<end]
      if line.last == UInt8(ascii: "\r") { line.removeLast() }
      number += 1
      guard let text = String(validating: line, as: UTF8.self) else {
        throw FormatError(path, in: "line \(number)", .notUTF8)
      }
      try body(number, text)
      rest = rest[min(end + 1, rest.endIndex)...]
    }
  }

  /// The name of a UTF-16 or UTF-32 encoding without a mark, recognised by the zero bytes of ASCII letters.
  private static func unmarkedEncoding(of bytes: [UInt8]) -> String? {
    let zeros = bytes.prefix(4).count { $0 == 0 }
    guard bytes.count >= 4, zeros > 0 else { return nil }
    return zeros == 2 ? "UTF-16" : zeros == 3 ? "UTF-32" : nil
  }
}
