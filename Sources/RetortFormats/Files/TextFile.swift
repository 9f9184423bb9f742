/// Whole files of text.
package enum TextFile {
  /// The bytes of the UTF-8 text at `path`, without a byte-order mark.
  ///
  /// - Throws: `FormatError` if it cannot be read, has more than `limit` bytes, or is no such text.
  package static func read(_ path: String, limit: Int) throws(FormatError) -> ArraySlice<UInt8> {
    let bytes = try FileBytes.read(path, limit: limit)
    try ForeignFile.refuse(bytes, path: path)
    if let encoding = unmarkedEncoding(of: bytes) {
      throw FormatError(
        path, .unsupported(what: encoding, supported: "UTF-8; save the file in that encoding"))
    }
    return bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? bytes[3...] : bytes[...]
  }

  /// The encoding that the zeros beside the letters of plain English give away.
  private static func unmarkedEncoding(of bytes: [UInt8]) -> String? {
    let zeros = bytes.prefix(4).count { $0 == 0 }
    guard bytes.count >= 4, zeros > 0 else { return nil }
    return zeros == 2 ? "UTF-16" : zeros == 3 ? "UTF-32" : nil
  }
}
