/// PNG, JPEG and WebP files, told apart by their first bytes.
public enum ImageFile {
  /// The size in bytes of the largest file that is read.
  static let byteLimit = 1 << 30

  /// Reads the picture in the file at `path`, as it is seen: an orientation in a JPEG file's EXIF is applied.
  ///
  /// Grey of up to 8 bits stays grey, all else becomes RGB; transparency is left out.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - covering: What the picture's shorter side must have at least; nil for all there is. A much larger
  ///     JPEG picture is decoded at a half, a quarter or an eighth of its size, which takes less time.
  /// - Throws: `FormatError` for a file that cannot be read, is of another kind, is damaged, or has a side
  ///   over `PNGImage.sideLimit`.
  public static func read(
    _ path: String, covering: Int? = nil
  ) throws(FormatError) -> DecodedImage {
    try decode(FileBytes.read(path, limit: byteLimit), path: path, covering: covering)
  }

  /// Decodes the content of a PNG or JPEG file, as `decode` with a number does.
  ///
  /// - Parameter covering: What the shorter side must have at least, by the picture's height and width.
  /// - Throws: `FormatError`, as `read` does.
  package static func decode(
    _ bytes: [UInt8], path: String, covering: (_ height: Int, _ width: Int) -> Int
  ) throws(FormatError) -> DecodedImage {
    let header = try header(of: bytes, path)
    return try decode(
      bytes, header, path: path, covering: covering(header.uprightHeight, header.uprightWidth))
  }

  /// Decodes the content of a PNG or JPEG file, as `read` does.
  ///
  /// - Throws: `FormatError`, as `read` does.
  public static func decode(
    _ bytes: [UInt8], path: String = "(memory)", covering: Int? = nil
  ) throws(FormatError) -> DecodedImage {
    try decode(bytes, header(of: bytes, path), path: path, covering: covering)
  }

  private static func header(
    of bytes: [UInt8], _ path: String
  ) throws(FormatError) -> ImageHeader {
    try ImageHeader(path, size: bytes.count) { (offset, count) throws(FormatError) in
      Array(bytes[min(offset, bytes.count)..<min(offset + count, bytes.count)])
    }
  }

  private static func decode(
    _ bytes: [UInt8], _ header: ImageHeader, path: String, covering: Int?
  ) throws(FormatError) -> DecodedImage {
    switch header.kind {
    case .webp: return try WebPImage.decode(bytes, header, path: path)
    case .jpeg: return try JPEGImage.decode(bytes, header, path: path, covering: covering)
    case .png:
      let image = try PNGImage.decode(bytes, path: path)
      return DecodedImage(
        height: image.height, width: image.width, channels: image.channels, pixels: image.pixels)
    }
  }

  /// The header of the file at `path`, of which little more than that is read.
  ///
  /// - Throws: `FormatError` for a file that cannot be read, is no picture or has one that is not read.
  package static func header(_ path: String) throws(FormatError) -> ImageHeader {
    try ImageSource(path).header()
  }
}
