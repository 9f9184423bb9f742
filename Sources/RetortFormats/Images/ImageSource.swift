/// Where the bytes of a picture's file are: in a file of their own, or in a part of an archive.
package struct ImageSource: Equatable, Sendable {
  /// The path of the file or archive.
  package let path: String
  /// Where the part begins in an archive, and its size; nil for a whole file.
  private let part: Part?

  private struct Part: Equatable {
    let offset: Int
    let size: Int
  }

  /// A file of its own.
  package init(_ path: String) { (self.path, part) = (path, nil) }

  /// A member of the archive at `path`.
  package init(_ path: String, _ member: TarMember) {
    (self.path, part) = (path, Part(offset: member.offset, size: member.size))
  }

  /// The whole file's bytes.
  ///
  /// - Throws: `FormatError` for a file that cannot be read.
  package func bytes() throws(FormatError) -> [UInt8] {
    guard let part else { return try FileBytes.read(path, limit: ImageFile.byteLimit) }
    guard part.size <= ImageFile.byteLimit else {
      throw FormatError(
        path, .tooLarge(found: UInt64(part.size), limit: UInt64(ImageFile.byteLimit)))
    }
    return try FileBytes.withRegularFile(path) { (descriptor, size) throws(FormatError) in
      let bytes = try FileBytes.part(
        of: descriptor, part.offset, min(part.size, max(0, size - part.offset)), path)
      guard bytes.count == part.size else {
        throw FormatError(
          path, at: part.offset, .truncated(needed: part.size, available: bytes.count))
      }
      return bytes
    }
  }

  /// The picture's header, of which little more is read.
  ///
  /// - Throws: `FormatError` for a file that cannot be read, is no picture or has one that is not read.
  package func header() throws(FormatError) -> ImageHeader {
    try FileBytes.withRegularFile(path) { (descriptor, size) throws(FormatError) in
      let (base, end) = part.map { ($0.offset, min(size, $0.offset + $0.size)) } ?? (0, size)
      func read(_ offset: Int, _ count: Int) throws(FormatError) -> [UInt8] {
        let left = max(0, end - base - offset)
        return try FileBytes.part(of: descriptor, base + offset, min(count, left), path)
      }
      let start = try read(0, 4096)
      return try ImageHeader(path, size: max(0, end - base)) {
        (offset, count) throws(FormatError) in
        guard offset + count > start.count else { return Array(start[offset..<offset + count]) }
        return try read(offset, count)
      }
    }
  }

  /// `error` with the name of the picture: in an archive, that of its member.
  package func named(_ error: FormatError) -> FormatError {
    guard let part, error.path == path else { return error }
    var error = error
    error.path = "\(path): \(TarFile.name(ofMemberAt: part.offset, in: path) ?? "a picture")"
    error.offset = error.offset.map { max(0, $0 - part.offset) }
    return error
  }
}
