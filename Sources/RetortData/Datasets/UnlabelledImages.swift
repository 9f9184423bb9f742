import RetortFormats
import RetortNN

/// Images without labels: an array of them in one file, or pictures in files of their own.
public struct UnlabelledImages: Equatable, Sendable {
  /// Where the images are.
  private enum Content: Equatable, Sendable {
    /// Samples, `[count, height, width, channels]`, 0 to 255, used as they are.
    case array([UInt8])
    /// PNG or JPEG files, brought to the size that is asked for.
    case files([String])
  }

  /// The path of the file or folder.
  public let path: String
  /// The number of images.
  public let count: Int
  /// The size of an image; that of the first one where each has its own.
  public let size: ImageSize
  private let content: Content

  /// Finds the pictures below a folder, or reads a PNG or JPEG file's header, or an IDX file of bytes `[count,
  /// height, width]` or `[count, height, width, channels]`, plain or gzip.
  ///
  /// - Throws: `FormatError` for a file of another kind or a damaged one; `DataError.noPictures`.
  public init(_ path: String) throws {
    guard !FolderEntries.leadsToFolder(path) else {
      let files = try PictureFile.all(below: path)
      guard let first = files.first else { throw DataError.noPictures(path) }
      self.init(path, try ImageFile.header(first).size, .files(files), files.count)
      return
    }
    let limit = 1 << 31
    var bytes = try FileBytes.read(path, limit: limit)
    guard !ImageHeader.isImage(bytes) else {
      self.init(path, try ImageFile.header(path).size, .files([path]), 1)
      return
    }
    if Gzip.isGzip(bytes) { bytes = try Gzip.inflate(bytes, limit: limit, path: path) }
    try ForeignFile.refuse(bytes, path: path)
    guard bytes.starts(with: [0, 0]) else {
      throw FormatError(
        path, .unsupported(what: "this kind of file", supported: "PNG, JPEG and IDX"))
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
    let size = ImageSize(
      height: shape[1], width: shape[2], channels: shape.count == 4 ? shape[3] : 1)
    self.init(path, size, .array(Array(array.bytes)), shape[0])
  }

  private init(_ path: String, _ size: ImageSize, _ content: Content, _ count: Int) {
    (self.path, self.size, self.content, self.count) = (path, size, content, count)
  }

  /// The files with the number of images in each, in order.
  package var files: [(path: String, count: Int)] {
    switch content {
    case .array: [(path, count)]
    case .files(let paths): paths.map { ($0, 1) }
    }
  }

  /// The images as examples of the given size, without classes.
  ///
  /// Pictures in files of their own are brought to it as those of dataset `image-folder` are. An array of
  /// colours that are all greys fits a size of one channel.
  ///
  /// - Throws: `FormatError` for an array of another size.
  package func dataset(
    _ size: ImageSize, classNames: [String]
  ) throws(FormatError) -> any Dataset {
    switch content {
    case .files(let paths):
      return PictureDataset(
        name: path, unlabelled: paths, fit: PictureFit(size), classNames: classNames)
    case .array(let samples):
      let isGrey = size.channels == 1 && self.size.channels == 3
      let images = isGrey ? Self.greys(of: samples) ?? samples : samples
      guard images.count == count * size.count, self.size.height == size.height,
        self.size.width == size.width
      else {
        func text(_ size: ImageSize) -> String {
          "\(size.height)×\(size.width)×\(size.channels)"
        }
        throw FormatError(
          path,
          .unsupported(
            what: "a picture of \(text(self.size))",
            supported: "\(text(size)), height × width × channels"))
      }
      return ImageDataset(
        name: path, images: images, labels: Array(repeating: 0, count: count),
        height: size.height, width: size.width, channels: size.channels, classNames: classNames)
    }
  }

  /// One sample per pixel of colours that are all greys; nil where they are not.
  private static func greys(of samples: [UInt8]) -> [UInt8]? {
    let starts = stride(from: 0, to: samples.count, by: 3)
    guard
      starts.allSatisfy({ samples[$0] == samples[$0 + 1] && samples[$0] == samples[$0 + 2] })
    else { return nil }
    return starts.map { samples[$0] }
  }
}

extension ImageHeader {
  /// The size of the picture as it is seen.
  fileprivate var size: ImageSize {
    ImageSize(height: uprightHeight, width: uprightWidth, channels: channels)
  }
}
