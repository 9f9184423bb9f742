import CZlib
import RetortCore

/// The gzip container: deflated bytes with a CRC-32 and a length.
///
/// Source: [RFC 1952](https://www.rfc-editor.org/rfc/rfc1952), by way of zlib.
package enum Gzip {
  /// Whether `bytes` start with the magic number of gzip.
  package static func isGzip(_ bytes: [UInt8]) -> Bool {
    bytes.count >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B
  }

  /// The content of a gzip file of one or more members.
  ///
  /// - Parameters:
  ///   - bytes: The whole file.
  ///   - limit: The largest size of the content in bytes.
  ///   - path: The file's name in errors.
  /// - Throws: `FormatError` if the file is cut short or damaged, fails its checksum, is followed by
  ///   other bytes, or has more than `limit` bytes of content.
  package static func inflate(
    _ bytes: [UInt8], limit: Int, path: String
  ) throws(FormatError) -> [UInt8] {
    guard isGzip(bytes) else {
      throw FormatError(
        path, at: 0, .wrongMagic(expected: "31 139 (gzip)", found: listed(bytes.prefix(2))))
    }
    // Growing the content may hold it in memory twice.
    let room = limit > 1 << 26 ? min(limit, HostMemory.available / 2) : limit
    let session = InflateSession(path: path, windowBits: 15 + 16)
    return try session.run(bytes[...], limit: room)
  }

  /// `bytes` as a gzip file; equal bytes give equal files, as no time and name are stored.
  ///
  /// - Parameter level: From 1, fast, to 9, small.
  package static func deflate(_ bytes: [UInt8], level: Int = 6) -> [UInt8] {
    let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
    stream.initialize(to: z_stream())
    defer { stream.deallocate() }
    let opened = deflateInit2_(
      stream, Int32(min(max(level, 1), 9)), Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY,
      ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    precondition(opened == Z_OK, "zlib has no memory to compress with")
    defer { deflateEnd(stream) }
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: chunkSize)
    var input = bytes
    input.withUnsafeMutableBufferPointer { source in
      var position = 0
      var status = Z_OK
      while status == Z_OK {
        let fed = min(source.count - position, inputStep)
        stream.pointee.next_in = source.baseAddress.map { $0 + position }
        stream.pointee.avail_in = UInt32(fed)
        let last = position + fed == source.count
        let produced = step(stream, &chunk) { CZlib.deflate($0, last ? Z_FINISH : Z_NO_FLUSH) }
        position += fed - Int(stream.pointee.avail_in)
        status = produced.status == Z_BUF_ERROR ? Z_OK : produced.status
        output.append(contentsOf: chunk[..<produced.count])
      }
    }
    return output
  }
}

/// Deflated bytes without a container, as ZIP archives have them.
///
/// Source: [RFC 1951](https://www.rfc-editor.org/rfc/rfc1951), by way of zlib.
enum Deflate {
  /// What `bytes` are the deflated form of, or its start.
  ///
  /// - Parameters:
  ///   - bytes: One whole stream.
  ///   - limit: The largest size of the content in bytes.
  ///   - prefix: How many bytes of the content are enough; nil for all.
  ///   - path: The file's name in errors.
  /// - Throws: `FormatError` for a stream that is damaged, ends early, is followed by other bytes or has more
  ///   than `limit` bytes of content.
  static func inflate(
    _ bytes: ArraySlice<UInt8>, limit: Int, prefix: Int? = nil, path: String
  ) throws(FormatError) -> [UInt8] {
    let session = InflateSession(path: path, windowBits: -15)
    return try session.run(bytes, limit: limit, prefix: prefix)
  }
}

private let chunkSize = 1 << 18
private let inputStep = 1 << 30

private func step(
  _ stream: UnsafeMutablePointer<z_stream>, _ chunk: inout [UInt8],
  _ body: (UnsafeMutablePointer<z_stream>) -> Int32
) -> (status: Int32, count: Int) {
  chunk.withUnsafeMutableBufferPointer { buffer in
    stream.pointee.next_out = buffer.baseAddress
    stream.pointee.avail_out = UInt32(buffer.count)
    let status = body(stream)
    return (status, buffer.count - Int(stream.pointee.avail_out))
  }
}

private final class InflateSession {
  private let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
  private let path: String
  private let windowBits: Int32
  private var opened = false

  init(path: String, windowBits: Int32) {
    (self.path, self.windowBits) = (path, windowBits)
    stream.initialize(to: z_stream())
  }

  deinit {
    if opened { inflateEnd(stream) }
    stream.deallocate()
  }

  func run(
    _ bytes: ArraySlice<UInt8>, limit: Int, prefix: Int? = nil
  ) throws(FormatError) -> [UInt8] {
    let status = inflateInit2_(
      stream, windowBits, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
    guard status == Z_OK else { throw FormatError(path, .corrupt("zlib has no memory")) }
    opened = true
    var output: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: chunkSize)
    var position = 0
    var finished = false
    while !(finished && position == bytes.count) {
      if let prefix, output.count >= prefix { break }
      if finished {
        guard windowBits > 15, Gzip.isGzip(Array(bytes.dropFirst(position).prefix(2))) else {
          throw FormatError(path, at: position, .trailingBytes(bytes.count - position))
        }
        inflateReset(stream)
      }
      let (status, count) = advance(bytes, &position, &chunk)
      guard output.count + count <= limit else {
        throw FormatError(
          path, at: position, in: "content",
          .tooLarge(found: UInt64(output.count + count), limit: UInt64(limit)))
      }
      output.append(contentsOf: chunk[..<count])
      finished = status == Z_STREAM_END
      guard status == Z_OK || finished else {
        throw fault(status, at: position, of: bytes.count)
      }
      guard finished || position < bytes.count || count == chunk.count else {
        throw FormatError(path, at: position, .truncated(needed: 1, available: 0))
      }
    }
    return output
  }

  private func advance(
    _ bytes: ArraySlice<UInt8>, _ position: inout Int, _ chunk: inout [UInt8]
  ) -> (status: Int32, count: Int) {
    bytes.withUnsafeBufferPointer { source in
      let fed = min(source.count - position, inputStep)
      stream.pointee.next_in = source.baseAddress.map {
        UnsafeMutablePointer(mutating: $0 + position)  // zlib only reads it
      }
      stream.pointee.avail_in = UInt32(fed)
      let result = step(stream, &chunk) { CZlib.inflate($0, Z_NO_FLUSH) }
      position += fed - Int(stream.pointee.avail_in)
      return result
    }
  }

  private func fault(_ status: Int32, at position: Int, of count: Int) -> FormatError {
    if status == Z_BUF_ERROR, position == count {
      return FormatError(path, at: position, .truncated(needed: 1, available: 0))
    }
    let reason = stream.pointee.msg.map { String(cString: $0) } ?? "zlib status \(status)"
    return FormatError(path, at: position, .corrupt(reason))
  }
}
