import Glibc
import RetortCore

/// The decoding of WebP files by libwebp, which is opened where the first picture needs it.
enum WebPImage {
  /// `WebPDecodeRGBInto`: data, size, target, size, bytes from row to row.
  private typealias Decode =
    @convention(c) (
      UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<UInt8>?, Int, Int32
    ) -> UnsafeMutablePointer<UInt8>?

  private static let decodeRGB: Decode? = {
    let library = dlopen("libwebp.so.7", RTLD_NOW)
    return library.flatMap { dlsym($0, "WebPDecodeRGBInto") }.map {
      unsafeBitCast($0, to: Decode.self)
    }
  }()

  /// The picture in a WebP file, in colour; transparency is left out.
  ///
  /// - Parameters:
  ///   - bytes: The content of the file.
  ///   - header: Its header.
  ///   - path: The file's name in messages.
  /// - Throws: `FormatError` for a file that is damaged or cut short, and where libwebp is missing.
  static func decode(
    _ bytes: [UInt8], _ header: ImageHeader, path: String
  ) throws(FormatError) -> DecodedImage {
    guard let decodeRGB else {
      throw FormatError(
        path,
        .unsupported(
          what: "a WebP picture without libwebp",
          supported: "PNG and JPEG pictures, and WebP with Debian's package libwebp7"))
    }
    let size = header.height * header.width * 3
    guard size <= 1 << 26 || size <= HostMemory.available else {
      throw FormatError(
        path, .tooLarge(found: UInt64(size), limit: UInt64(HostMemory.available)))
    }
    var isDecoded = false
    let pixels = [UInt8](unsafeUninitializedCapacity: size) { target, filled in
      isDecoded =
        decodeRGB(bytes, bytes.count, target.baseAddress, size, Int32(header.width * 3)) != nil
      filled = isDecoded ? size : 0
    }
    guard isDecoded else {
      throw FormatError(path, in: "picture", .corrupt("libwebp cannot decode it"))
    }
    return DecodedImage(
      height: header.height, width: header.width, channels: 3, pixels: pixels)
  }
}

extension ImageHeader {
  /// Whether a file whose first bytes are given is a WebP file.
  static func isWebP(_ head: [UInt8]) -> Bool {
    head.starts(with: "RIFF".utf8) && head.dropFirst(8).starts(with: "WEBP".utf8)
  }

  /// The size, width first, that the first chunk of a WebP file says.
  ///
  /// - Throws: `FormatError` for a file that ends early, has no such chunk, or is an animation.
  ///
  /// Source: the WebP container specification, RFC 9649.
  static func sizeOfWebP(
    _ head: [UInt8], _ path: String
  ) throws(FormatError) -> (width: Int, height: Int) {
    guard head.count >= 30 else {
      throw FormatError(path, in: "header", .truncated(needed: 30, available: head.count))
    }
    func number(_ place: Int, _ count: Int) -> Int {
      head[place..<place + count].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    switch String(decoding: head[12..<16], as: UTF8.self) {
    case "VP8 " where head[23..<26].elementsEqual([0x9D, 0x01, 0x2A]):
      return (number(26, 2) & 0x3FFF, number(28, 2) & 0x3FFF)
    case "VP8L" where head[20] == 0x2F:
      let bits = number(21, 4)
      return (bits & 0x3FFF + 1, bits >> 14 & 0x3FFF + 1)
    case "VP8X":
      guard head[20] & 2 == 0 else {
        throw FormatError(
          path, in: "header",
          .unsupported(what: "an animation", supported: "WebP files of one picture"))
      }
      return (number(24, 3) + 1, number(27, 3) + 1)
    default:
      throw FormatError(path, in: "header", .corrupt("its first chunk is no picture"))
    }
  }
}
