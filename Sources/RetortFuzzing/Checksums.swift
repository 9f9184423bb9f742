import RetortFormats

/// Files whose checksums are made to fit, so that changes of their content reach what reads it.
enum Checksums {
  /// A tar archive with the sums of its headers.
  static func tar(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for start in stride(from: 0, through: bytes.count - 512, by: 512)
    where bytes[start + 257..<start + 262].elementsEqual("ustar".utf8) {
      let field = start + 148..<start + 156
      let sum = (start..<start + 512).reduce(0) {
        $0 + (field.contains($1) ? 32 : Int(bytes[$1]))
      }
      let digits = String(sum, radix: 8)
      let zeros = String(repeating: "0", count: 6 - digits.count)
      bytes.replaceSubrange(field, with: Array((zeros + digits).utf8) + [0, 32])
    }
    return bytes
  }

  /// A ZIP archive with the CRC-32 of each entry in its directory; other files as they are.
  static func zip(_ bytes: [UInt8]) -> [UInt8] {
    guard let archive = try? ZipArchive(bytes, path: "") else { return bytes }
    var bytes = bytes
    var place = 0
    for entry in archive.entries {
      guard
        let row = (place..<bytes.count - 20).first(where: {
          bytes[$0..<$0 + 4].elementsEqual([0x50, 0x4B, 1, 2])
        })
      else { break }
      place = row + 20
      // A part is not compared with its checksum, however long it is.
      guard let content = try? archive.content(of: entry, limit: 1 << 24, prefix: 1 << 24) else {
        continue
      }
      let sum = ZipArchive.checksum(content)
      for byte in 0..<4 { bytes[row + 16 + byte] = UInt8(truncatingIfNeeded: sum >> (8 * byte)) }
    }
    return bytes
  }
}
