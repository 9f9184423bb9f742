import CRetortHost
import RetortFormats
import RetortNN

/// The size that pictures of all sizes are brought to.
///
/// A picture is scaled until it covers 8/7 of the size, or just the size where that is 64 or less, and what
/// lies in its middle is kept: for a square of 224, what torchvision's `Resize(256)` and `CenterCrop(224)` make
/// of it, sample for sample. JPEG pictures of more than twice that are decoded at a part of their size.
public struct PictureFit: Equatable, Sendable {
  /// The size of the pictures that come of it; 1 or 3 channels.
  public let size: ImageSize

  /// A fit to pictures of the given size.
  public init(_ size: ImageSize) { self.size = size }

  /// What a picture covers before its edges are cut off.
  private var covered: (height: Int, width: Int) {
    func margin(_ side: Int) -> Int { side <= 64 ? side : side * 8 / 7 }
    return (margin(size.height), margin(size.width))
  }

  /// The size that a picture of `height` and `width` is scaled to.
  func scaled(height: Int, width: Int) -> (height: Int, width: Int) {
    let (rows, columns) = covered
    return rows * width >= columns * height
      ? (rows, max(columns, rows * width / height)) : (max(rows, columns * height / width), columns)
  }

  /// Reads the picture in the file at `path` and writes its samples to `target`.
  ///
  /// - Parameters:
  ///   - path: A PNG or JPEG file.
  ///   - target: Memory for `size.count` bytes.
  /// - Throws: `FormatError` for a file that cannot be read or is damaged.
  func read(_ path: String, into target: UnsafeMutableRawBufferPointer) throws(FormatError) {
    let (rows, columns) = covered
    write(try ImageFile.read(path, covering: max(rows, columns)), into: target)
  }

  /// Writes the samples that come of `image` to `target`, `size.count` bytes.
  func write(_ image: DecodedImage, into target: UnsafeMutableRawBufferPointer) {
    // Luminance is taken first, and grey repeated last, which costs least.
    let image = size.channels == 1 ? image.converted(channels: 1) : image
    guard image.channels == size.channels else {
      var grey = [UInt8](repeating: 0, count: size.height * size.width)
      grey.withUnsafeMutableBytes { resize(image, into: $0) }
      for (index, sample) in grey.enumerated() {
        for channel in 0..<size.channels { target[index * size.channels + channel] = sample }
      }
      return
    }
    resize(image, into: target)
  }

  private func resize(_ image: DecodedImage, into target: UnsafeMutableRawBufferPointer) {
    let (height, width) = scaled(height: image.height, width: image.width)
    let (top, left) = (middle(height, size.height), middle(width, size.width))
    let status = image.pixels.withUnsafeBufferPointer { source in
      retort_resize(
        source.baseAddress, Int32(image.height), Int32(image.width), Int32(image.channels),
        Int32(height), Int32(width), Int32(top), Int32(left), Int32(size.height),
        Int32(size.width), target.bindMemory(to: UInt8.self).baseAddress)
    }
    precondition(status == 0, "there is no memory for the tables of a picture's size")
  }

  /// Where the middle `size` of `extent` begins, rounded as Python does it.
  private func middle(_ extent: Int, _ size: Int) -> Int {
    Int((Double(extent - size) / 2).rounded(.toNearestOrEven))
  }
}
