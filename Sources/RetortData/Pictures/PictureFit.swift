import RetortFormats
import RetortNN
import RetortSchema

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

  /// What is wrong with a number of channels: two are neither grey nor colour.
  static func faults(channels: Int) -> [KeyFault] {
    channels == 2 ? [KeyFault("channels", "pictures have 1 channel or 3, not 2")] : []
  }

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

  /// Reads a picture's file and writes its samples to `target`.
  ///
  /// - Parameters:
  ///   - source: A PNG or JPEG file.
  ///   - crop: Which part of the picture is brought to the size, whole and with its sides scaled apart; nil for
  ///     the middle as described above.
  ///   - target: Memory for `size.count` bytes.
  /// - Throws: `FormatError` for a file that cannot be read or is damaged.
  func read(
    _ source: ImageSource, crop: RandomCrop? = nil, into target: UnsafeMutableRawBufferPointer
  ) throws(FormatError) {
    let bytes = try source.bytes()
    guard let crop else {
      let (rows, columns) = covered
      write(
        try ImageFile.decode(bytes, path: source.path, covering: max(rows, columns)), into: target)
      return
    }
    var box = CropBox(top: 0, left: 0, height: 1, width: 1)
    var whole = (height: 1, width: 1)
    let image = try ImageFile.decode(bytes, path: source.path) { height, width in
      whole = (height, width)
      box = crop.box(height: height, width: width)
      let share = Double(min(height, width)) / Double(min(box.height, box.width))
      return Int((Double(max(size.height, size.width)) * share).rounded(.up))
    }
    // The file may have been decoded at a part of its size: the edges go to the nearest of its pixels.
    func scaled(_ place: Int, _ from: Int, _ to: Int) -> Int {
      (2 * place * to + from) / (2 * from)
    }
    let (top, left) = (
      scaled(box.top, whole.height, image.height), scaled(box.left, whole.width, image.width)
    )
    let part = CropBox(
      top: top, left: left,
      height: max(1, scaled(box.top + box.height, whole.height, image.height) - top),
      width: max(1, scaled(box.left + box.width, whole.width, image.width) - left))
    write(image, part, to: (size.height, size.width), into: target)
  }

  /// Writes the samples that come of `image` to `target`, `size.count` bytes.
  func write(_ image: DecodedImage, into target: UnsafeMutableRawBufferPointer) {
    let whole = CropBox(top: 0, left: 0, height: image.height, width: image.width)
    write(
      image, whole, to: scaled(height: image.height, width: image.width), into: target)
  }

  /// Writes the middle of what comes of a part of `image`.
  private func write(
    _ image: DecodedImage, _ box: CropBox, to scaled: (height: Int, width: Int),
    into target: UnsafeMutableRawBufferPointer
  ) {
    // Luminance is taken first, and grey repeated last, which costs least.
    let image = size.channels == 1 ? image.converted(channels: 1) : image
    let window = CropBox(
      top: middle(scaled.height, size.height), left: middle(scaled.width, size.width),
      height: size.height, width: size.width)
    func resize(into target: UnsafeMutableRawBufferPointer) {
      let own = ImageSize(height: image.height, width: image.width, channels: image.channels)
      image.pixels.withUnsafeBufferPointer {
        Resampling.resize($0, own, box: box, to: scaled, window: window, into: target)
      }
    }
    guard image.channels != size.channels else { return resize(into: target) }
    var grey = [UInt8](repeating: 0, count: size.height * size.width)
    grey.withUnsafeMutableBytes { resize(into: $0) }
    for (index, sample) in grey.enumerated() {
      for channel in 0..<size.channels { target[index * size.channels + channel] = sample }
    }
  }

  /// Where the middle `size` of `extent` begins, rounded as Python does it.
  private func middle(_ extent: Int, _ size: Int) -> Int {
    Int((Double(extent - size) / 2).rounded(.toNearestOrEven))
  }
}
