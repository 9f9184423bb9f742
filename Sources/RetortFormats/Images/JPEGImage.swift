import CTurboJPEG
import RetortCore

/// The decoding of JPEG files by libjpeg-turbo.
enum JPEGImage {
  /// The picture in a JPEG file.
  ///
  /// - Parameters:
  ///   - bytes: The content of the file.
  ///   - header: Its header.
  ///   - path: The file's name in messages.
  ///   - covering: What the shorter side must have at least; nil for all there is.
  /// - Throws: `FormatError` for a file that is damaged or cut short, whatever could still be seen of it.
  static func decode(
    _ bytes: [UInt8], _ header: ImageHeader, path: String, covering: Int?
  ) throws(FormatError) -> DecodedImage {
    guard let decoder = tjInitDecompress() else {
      throw FormatError(path, .corrupt("libjpeg-turbo has no memory"))
    }
    defer { tjDestroy(decoder) }
    var (width, height, sampling, space) = (Int32(0), Int32(0), Int32(0), Int32(0))
    let isRead = tjDecompressHeader3(
      decoder, bytes, UInt(bytes.count), &width, &height, &sampling, &space)
    guard isRead == 0 else { throw fault(decoder, path, "header") }
    // What is allocated here is what libjpeg-turbo will write.
    guard Int(width) == header.width, Int(height) == header.height else {
      throw FormatError(path, in: "header", .corrupt("it has several frame headers"))
    }
    let divisor = Int32(divisor(header, covering))
    let (columns, rows) = ((width + divisor - 1) / divisor, (height + divisor - 1) / divisor)
    let size = Int(columns) * Int(rows) * header.channels
    guard size <= 1 << 26 || size <= HostMemory.available else {
      throw FormatError(
        path, .tooLarge(found: UInt64(size), limit: UInt64(HostMemory.available)))
    }
    let format = header.channels == 1 ? TJPF_GRAY : TJPF_RGB
    var status: Int32 = 0
    let pixels = [UInt8](unsafeUninitializedCapacity: size) { target, filled in
      status = tjDecompress2(
        decoder, bytes, UInt(bytes.count), target.baseAddress, columns, 0, rows,
        format.rawValue, TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS)
      filled = status == 0 ? size : 0
    }
    guard status == 0 else { throw fault(decoder, path, "picture") }
    return DecodedImage(
      height: Int(rows), width: Int(columns), channels: header.channels, pixels: pixels
    ).upright(from: header.orientation)
  }

  /// By how much the picture may be smaller: at least twice what is asked for stays, so that what is left for a
  /// later resizing to do decides how it looks.
  private static func divisor(_ header: ImageHeader, _ covering: Int?) -> Int {
    guard let covering else { return 1 }
    let side = min(header.height, header.width)
    return [8, 4, 2].first { side / $0 >= 2 * covering } ?? 1
  }

  private static func fault(_ decoder: tjhandle, _ path: String, _ field: String) -> FormatError {
    let text = tjGetErrorStr2(decoder).map { String(cString: $0) } ?? "of an unknown kind"
    return FormatError(path, in: field, .corrupt(text))
  }
}
