import RetortFormats
import RetortNN

/// Images of one file, without labels.
public struct UnlabelledImages: Equatable, Sendable {
  /// The path of the file.
  public let path: String
  /// The samples, `[count, height, width, channels]`, 0 to 255.
  public let images: [UInt8]
  /// The number of images.
  public let count: Int
  /// The height of an image in pixels.
  public let height: Int
  /// The width of an image in pixels.
  public let width: Int
  /// The number of samples per pixel.
  public let channels: Int

  /// The size of an image.
  public var size: ImageSize { ImageSize(height: height, width: width, channels: channels) }

  /// Reads a PNG file, or an IDX file of bytes `[count, height, width]` or
  /// `[count, height, width, channels]`, plain or gzip.
  ///
  /// - Throws: `FormatError` for a file of another kind or a damaged one.
  public init(_ path: String) throws(FormatError) {
    let limit = 1 << 31
    var bytes = try FileBytes.read(path, limit: limit)
    guard !bytes.starts(with: [0x89, 0x50]) else {
      let png = try PNGImage.decode(bytes, path: path)
      self.init(
        path: path, images: png.pixels, count: 1, height: png.height, width: png.width,
        channels: png.channels)
      return
    }
    if Gzip.isGzip(bytes) { bytes = try Gzip.inflate(bytes, limit: limit, path: path) }
    try ForeignFile.refuse(bytes, path: path)
    guard bytes.starts(with: [0, 0]) else {
      throw FormatError(path, .unsupported(what: "this kind of file", supported: "PNG and IDX"))
    }
    let array = try IDX.parse(bytes, path: path)
    let shape = array.shape
    guard array.elementType == .uint8, shape.count == 3 || shape.count == 4,
      shape.dropFirst().allSatisfy({ $0 > 0 })
    else {
      throw FormatError(
        path,
        .unsupported(
          what: "an array of \(array.elementType) and shape \(shape)",
          supported: "uint8, [count, height, width] or [count, height, width, channels]"))
    }
    self.init(
      path: path, images: Array(array.bytes), count: shape[0], height: shape[1], width: shape[2],
      channels: shape.count == 4 ? shape[3] : 1)
  }

  private init(
    path: String, images: [UInt8], count: Int, height: Int, width: Int, channels: Int
  ) {
    (self.path, self.images, self.count) = (path, images, count)
    (self.height, self.width, self.channels) = (height, width, channels)
  }

  /// The images with one sample per pixel if all their colours are greys; else the images unchanged.
  public var grey: UnlabelledImages {
    let starts = stride(from: 0, to: images.count, by: 3)
    guard channels == 3,
      starts.allSatisfy({ images[$0] == images[$0 + 1] && images[$0] == images[$0 + 2] })
    else { return self }
    return UnlabelledImages(
      path: path, images: starts.map { images[$0] }, count: count, height: height, width: width,
      channels: 1)
  }
}
