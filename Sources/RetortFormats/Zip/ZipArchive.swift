import CZlib
import RetortCore

/// The entries of a ZIP archive, stored or deflated, which are read one by one.
///
/// Archives of several parts, encrypted entries and other methods are refused. The sizes are those of the
/// directory at the archive's end; ZIP64 is read.
///
/// Source: PKWARE, APPNOTE.TXT 6.3.10.
package struct ZipArchive: Sendable {
  /// One file of an archive.
  package struct Entry: Equatable, Sendable {
    /// The name, with folders.
    package let name: String
    /// The size of the content in bytes.
    package let size: Int
    fileprivate let method: Int
    fileprivate let storedSize: Int
    fileprivate let checksum: UInt32
    fileprivate let place: Int
  }

  /// The archive's path.
  package let path: String
  /// The entries, in the order of the directory; no two have one name.
  package let entries: [Entry]
  /// The archive, where it is in memory.
  private let memory: [UInt8]?

  /// Reads the directory of the archive at `path`.
  ///
  /// - Throws: `FormatError` for a file that cannot be read, is no archive or is damaged.
  package init(_ path: String) throws(FormatError) {
    (self.path, memory) = (path, nil)
    entries = try FileBytes.withRegularFile(path) { (descriptor, size) throws(FormatError) in
      try ZipDirectory(path: path, size: size) { (offset, count) throws(FormatError) in
        try FileBytes.part(of: descriptor, offset, count, path)
      }.entries()
    }
  }

  /// The archive `bytes`, read from `path`.
  ///
  /// - Throws: `FormatError`, as for a file.
  package init(_ bytes: [UInt8], path: String) throws(FormatError) {
    (self.path, memory) = (path, bytes)
    entries = try ZipDirectory(path: path, size: bytes.count) { (offset, count) in
      Array(bytes.dropFirst(offset).prefix(count))
    }.entries()
  }

  /// Whether a file whose first bytes are given is a ZIP archive.
  package static func isZip(_ head: [UInt8]) -> Bool {
    head.starts(with: Array("PK".utf8) + [3, 4])
  }

  /// The content of `entry`, or the start of it.
  ///
  /// - Parameters:
  ///   - entry: One of `entries`.
  ///   - limit: The largest size of the content in bytes.
  ///   - prefix: How many bytes are enough; nil for all, whose checksum is compared.
  /// - Throws: `FormatError` for an entry that is damaged or larger than `limit` or than the memory.
  package func content(
    of entry: Entry, limit: Int = 1 << 36, prefix: Int? = nil
  ) throws(FormatError) -> [UInt8] {
    let room = entry.size > 1 << 26 ? min(limit, HostMemory.available / 2) : limit
    guard prefix != nil || entry.size <= room else {
      throw fault(entry, .tooLarge(found: UInt64(entry.size), limit: UInt64(room)))
    }
    let header = try part(entry.place, 30)
    guard header.count == 30, header.starts(with: Array("PK".utf8) + [3, 4]) else {
      throw fault(entry, .corrupt("its header is not where the directory says"))
    }
    let start = entry.place + 30 + Int(header.number(26, 2)) + Int(header.number(28, 2))
    let wanted = entry.method == 0 ? min(prefix ?? .max, entry.storedSize) : entry.storedSize
    let stored = try part(start, wanted)
    guard stored.count == wanted else {
      throw fault(entry, .truncated(needed: wanted, available: stored.count))
    }
    var content = stored
    if entry.method == 8 {
      content = try Deflate.inflate(
        stored[...], limit: entry.size, prefix: prefix, path: "\(path): \(entry.name)")
    }
    guard prefix == nil else { return content }
    guard content.count == entry.size else {
      throw fault(entry, .lengthMismatch(expected: entry.size, found: content.count))
    }
    guard Self.checksum(content) == entry.checksum else {
      throw fault(entry, .corrupt("its checksum is another"))
    }
    return content
  }

  private func part(_ offset: Int, _ count: Int) throws(FormatError) -> [UInt8] {
    if let memory { return Array(memory.dropFirst(offset).prefix(count)) }
    return try FileBytes.withRegularFile(path) { (descriptor, size) throws(FormatError) in
      // A forged size asks for no more than there is.
      let available = max(0, size - offset)
      return try FileBytes.part(of: descriptor, offset, min(count, available), path)
    }
  }

  private func fault(_ entry: Entry, _ fault: FormatError.Fault) -> FormatError {
    FormatError(path, in: entry.name, fault)
  }

  /// CRC-32 as ZIP and gzip have it.
  package static func checksum(_ bytes: [UInt8]) -> UInt32 {
    var sum = crc32(0, nil, 0)
    bytes.withUnsafeBufferPointer { buffer in
      var rest = buffer[...]
      while !rest.isEmpty {
        let part = UnsafeBufferPointer(rebasing: rest.prefix(1 << 30))
        sum = crc32(sum, part.baseAddress, UInt32(part.count))
        rest = rest.dropFirst(part.count)
      }
    }
    return UInt32(sum)
  }
}

/// The directory at the end of an archive.
private struct ZipDirectory {
  let path: String
  let size: Int
  let bytes: (_ offset: Int, _ count: Int) throws(FormatError) -> [UInt8]

  func entries() throws(FormatError) -> [ZipArchive.Entry] {
    let (start, length, count) = try place()
    guard start >= 0, length >= 0, start <= size, length <= size - start, count <= length / 46
    else {
      throw fault(.corrupt("its directory lies outside of the file"))
    }
    let directory = try bytes(start, length)
    var (found, names, at) = ([ZipArchive.Entry](), Set<String>(), 0)
    for _ in 0..<count {
      guard at + 46 <= directory.count, directory[at..<at + 4].elementsEqual([0x50, 0x4B, 1, 2])
      else { throw fault(.corrupt("its directory ends early")) }
      let lengths = [28, 30, 32].map { Int(directory.number(at + $0, 2)) }
      let end = at + 46 + lengths.reduce(0, +)
      guard end <= directory.count else { throw fault(.corrupt("its directory ends early")) }
      let entry = try entry(Array(directory[at..<end]), lengths)
      guard names.insert(entry.name).inserted else { throw fault(.duplicateKey(entry.name)) }
      found.append(entry)
      at = end
    }
    return found
  }

  private func entry(_ row: [UInt8], _ lengths: [Int]) throws(FormatError) -> ZipArchive.Entry {
    let name = String(decoding: row[46..<46 + lengths[0]], as: UTF8.self)
    let (flags, method) = (row.number(8, 2), Int(row.number(10, 2)))
    guard flags & 1 == 0, method == 0 || method == 8 else {
      throw FormatError(
        path, in: name,
        .unsupported(
          what: flags & 1 == 1 ? "an encrypted entry" : "compression method \(method)",
          supported: "entries that are stored or deflated"))
    }
    var numbers = [24, 20, 42].map { row.number($0, 4) }  // size, stored size, place
    var wide = extra(1, in: row[(46 + lengths[0])..<(46 + lengths[0] + lengths[1])])[...]
    for index in numbers.indices where numbers[index] == 0xFFFF_FFFF {
      guard wide.count >= 8 else {
        throw FormatError(path, in: name, .corrupt("its directory lacks a size"))
      }
      numbers[index] = Array(wide.prefix(8)).number(0, 8)
      wide = wide.dropFirst(8)
    }
    guard numbers.allSatisfy({ $0 < 1 << 48 }), method == 8 || numbers[0] == numbers[1] else {
      throw FormatError(path, in: name, .corrupt("its sizes contradict each other"))
    }
    return ZipArchive.Entry(
      name: name, size: Int(numbers[0]), method: method, storedSize: Int(numbers[1]),
      checksum: UInt32(row.number(16, 4)), place: Int(numbers[2]))
  }

  /// The content of the extra field `kind`; empty if there is none.
  private func extra(_ kind: UInt64, in fields: ArraySlice<UInt8>) -> [UInt8] {
    let fields = Array(fields)
    var place = 0
    while place + 4 <= fields.count {
      let length = Int(fields.number(place + 2, 2))
      if fields.number(place, 2) == kind {
        return Array(fields.dropFirst(place + 4).prefix(length))
      }
      place += 4 + length
    }
    return []
  }

  /// Where the directory begins, its length in bytes and the number of its entries.
  private func place() throws(FormatError) -> (start: Int, length: Int, count: Int) {
    let tail = min(size, 22 + 65_535)
    let base = size - tail
    let end = try bytes(base, tail)
    let last = stride(from: end.count - 22, through: 0, by: -1).first {
      end[$0..<$0 + 4].elementsEqual([0x50, 0x4B, 5, 6])
    }
    guard let last else { throw fault(.corrupt("a ZIP archive without its directory")) }
    let (count, length, start) = (
      end.number(last + 10, 2), end.number(last + 12, 4), end.number(last + 16, 4)
    )
    guard count == 0xFFFF || length == 0xFFFF_FFFF || start == 0xFFFF_FFFF else {
      return (Int(start), Int(length), Int(count))
    }
    guard base + last >= 20 else { throw fault(.corrupt("its ZIP64 directory is missing")) }
    let locator = try bytes(base + last - 20, 20)
    guard locator.count == 20, locator.starts(with: [0x50, 0x4B, 6, 7]), locator.number(8, 8) < size
    else { return (Int(start), Int(length), Int(count)) }
    let record = try bytes(Int(locator.number(8, 8)), 56)
    guard record.count == 56, record.starts(with: [0x50, 0x4B, 6, 6]) else {
      throw fault(.corrupt("its ZIP64 directory is missing"))
    }
    let wide = [48, 40, 32].map { Int(clamping: record.number($0, 8)) }
    return (wide[0], wide[1], wide[2])
  }

  private func fault(_ fault: FormatError.Fault) -> FormatError {
    FormatError(path, in: "directory", fault)
  }
}

extension [UInt8] {
  /// The little-endian number of `count` bytes at `offset`.
  fileprivate func number(_ offset: Int, _ count: Int) -> UInt64 {
    self[offset..<offset + count].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }
}
