/// A file in a tar archive.
package struct TarMember: Equatable, Sendable {
  /// The name, with folders.
  package let name: String
  /// Where its content begins in the archive.
  package let offset: Int
  /// The size of its content in bytes.
  package let size: Int
}

/// A tar archive, of which headers are read and contents passed over.
///
/// Archives of POSIX (ustar and pax) and GNU are read, with long names; folders, links and devices are left out.
///
/// Source: POSIX.1-2017, `pax`, and the GNU tar manual, "Basic Tar Format".
package enum TarFile {
  /// Reads up to `count` bytes from `offset` on; fewer at the archive's end.
  package typealias Bytes = (_ offset: Int, _ count: Int) throws(FormatError) -> [UInt8]

  /// Passes each file of the archive at `path` to `body`, in order, with a function that reads the archive.
  ///
  /// - Throws: `FormatError` for a file that cannot be read, is no archive, is compressed or ends early, and the
  ///   errors of `body`.
  package static func forEach(
    _ path: String, _ body: (TarMember, Bytes) throws(FormatError) -> Void
  ) throws(FormatError) {
    try FileBytes.withRegularFile(path) { (descriptor, size) throws(FormatError) in
      try forEach(
        path, size: size,
        bytes: { (offset, count) throws(FormatError) in
          try FileBytes.part(of: descriptor, offset, min(count, max(0, size - offset)), path)
        }, body)
    }
  }

  /// Passes each file of an archive of `size` bytes, which `bytes` reads, to `body`.
  ///
  /// - Throws: `FormatError`, as for a file.
  package static func forEach(
    _ path: String, size: Int, bytes: @escaping Bytes,
    _ body: (TarMember, Bytes) throws(FormatError) -> Void
  ) throws(FormatError) {
    guard size > 0 else { throw FormatError(path, .empty) }
    var (place, extended, longName) = (0, PaxRecords(), String?.none)
    while place < size {
      let block = try bytes(place, TarHeader.size)
      guard block.count == TarHeader.size else {
        throw FormatError(
          path, at: place, in: "header",
          .truncated(needed: TarHeader.size, available: block.count))
      }
      // Two blocks of zeros end an archive; one is enough, since nothing is read behind it.
      if block.allSatisfy({ $0 == 0 }) { return }
      let header = try TarHeader(block, path: path, at: place)
      let count = extended.size ?? header.size
      let start = place + TarHeader.size
      guard count <= size - start else {
        throw FormatError(
          path, at: start, in: header.name, .truncated(needed: count, available: size - start))
      }
      place = start + (count + TarHeader.size - 1) / TarHeader.size * TarHeader.size
      guard place <= size else {
        throw FormatError(
          path, at: start, in: header.name,
          .truncated(needed: place - start, available: size - start))
      }
      switch header.kind {
      case UInt8(ascii: "x"), UInt8(ascii: "L"):
        guard count <= 1 << 20 else {
          throw FormatError(
            path, at: start, in: "header", .tooLarge(found: UInt64(count), limit: 1 << 20))
        }
        let content = try bytes(start, count)
        if header.kind == UInt8(ascii: "x") {
          extended = try PaxRecords(content, path: path, at: start)
        } else {
          longName = String(decoding: content.prefix { $0 != 0 }, as: UTF8.self)
        }
        continue
      case UInt8(ascii: "0"), UInt8(ascii: "7"), 0:
        let name = extended.name ?? longName ?? header.name
        if !name.hasSuffix("/") {
          try body(TarMember(name: name, offset: start, size: count), bytes)
        }
      // Of links to names that are long, those names; of all files, records that do not concern them.
      case UInt8(ascii: "K"), UInt8(ascii: "g"): continue
      default: break
      }
      (extended, longName) = (PaxRecords(), nil)
    }
    // Without the block of zeros something may be missing.
    throw FormatError(
      path, at: size, in: "header", .truncated(needed: TarHeader.size, available: 0))
  }

  /// The name in the header before a content, without what long names have elsewhere; nil if there is none.
  static func name(ofMemberAt offset: Int, in path: String) -> String? {
    let block = try? FileBytes.withRegularFile(path) { (descriptor, _) throws(FormatError) in
      try FileBytes.part(of: descriptor, offset - TarHeader.size, TarHeader.size, path)
    }
    guard let block, block.count == TarHeader.size else { return nil }
    return try? TarHeader(block, path: path, at: offset).name
  }
}

/// What a block of 512 bytes says of the file that follows.
private struct TarHeader {
  static let size = 512

  let name: String
  let size: Int
  let kind: UInt8

  init(_ block: [UInt8], path: String, at place: Int) throws(FormatError) {
    let sum = block.enumerated().reduce(0) { sum, byte in
      sum + (148..<156 ~= byte.offset ? 32 : Int(byte.element))
    }
    guard Self.number(block[148..<156]) == sum else {
      if place == 0 {
        try ForeignFile.refuse(block, path: path)
        throw FormatError(
          path,
          .unsupported(
            what: Gzip.isGzip(block) ? "a compressed archive" : "this kind of file",
            supported: "tar archives that are not compressed; their files are read at any place"))
      }
      throw FormatError(path, at: place, in: "header", .corrupt("its checksum is another"))
    }
    guard let size = Self.number(block[124..<136]), size >= 0 else {
      throw FormatError(path, at: place, in: "header", .corrupt("a size that is no number"))
    }
    let name = Self.text(block[0..<100])
    let prefix =
      block[257..<262].elementsEqual("ustar".utf8) && block[262] == 0
      ? Self.text(block[345..<500]) : ""
    self.name = prefix.isEmpty ? name : "\(prefix)/\(name)"
    (self.size, kind) = (size, block[156])
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// A number in octal digits, or, as GNU writes large ones, in base 256.
  private static func number(_ bytes: ArraySlice<UInt8>) -> Int? {
    if let first = bytes.first, first == 0x80 {
      guard bytes.dropFirst().dropLast(7).allSatisfy({ $0 == 0 }) else { return nil }
      return bytes.suffix(7).reduce(0) { $0 << 8 | Int($1) }
    }
    let digits = bytes.drop { $0 == 32 }.prefix { $0 != 32 && $0 != 0 }
    return digits.isEmpty ? 0 : Int(String(decoding: digits, as: UTF8.self), radix: 8)
  }
}

/// The records of a pax header that concern the next file.
private struct PaxRecords {
  var name: String?
  var size: Int?

  init() {}

  /// Records `LENGTH KEY=VALUE\n`, one after the other.
  init(_ bytes: [UInt8], path: String, at place: Int) throws(FormatError) {
    var rest = bytes[...]
    while let first = rest.first, first != 0 {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      guard let length = Int(String(decoding: digits, as: UTF8.self)), length > digits.count + 2,
        length <= rest.count
      else {
        throw FormatError(
          path, at: place, in: "pax header", .corrupt("a record without its length"))
      }
      let record = rest.prefix(length).dropFirst(digits.count + 1).dropLast()
      let equals = record.firstIndex(of: UInt8(ascii: "=")) ?? record.endIndex
      let value = String(decoding: record[min(equals + 1, record.endIndex)...], as: UTF8.self)
      switch String(decoding: record[..<equals], as: UTF8.self) {
      case "path": name = value
      case "size":
        guard let number = Int(value), number >= 0 else {
          throw FormatError(path, at: place, in: "pax header", .corrupt("a size that is no number"))
        }
        size = number
      default: break
      }
      rest = rest.dropFirst(length)
    }
  }
}
