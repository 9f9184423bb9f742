/// A picture's samples in memory, 8 bits each, whatever file they came from.
public struct DecodedImage: Equatable, Sendable {
  /// The height in pixels.
  public let height: Int
  /// The width in pixels.
  public let width: Int
  /// The samples per pixel: 1 for grey, 3 for RGB.
  public let channels: Int
  /// The samples, `[height, width, channels]`.
  public let pixels: [UInt8]

  /// An image with `height × width × channels` samples; `channels` is 1 or 3.
  public init(height: Int, width: Int, channels: Int, pixels: [UInt8]) {
    precondition(channels == 1 || channels == 3, "a DecodedImage has one or three channels")
    precondition(
      height > 0 && width > 0 && pixels.count == height * width * channels,
      "a DecodedImage's samples must be those of its size")
    (self.height, self.width, self.channels, self.pixels) = (height, width, channels, pixels)
  }

  /// The image with `channels` samples per pixel, 1 or 3.
  ///
  /// Grey is repeated in each channel. Colour becomes its luminance, `0.299 R + 0.587 G + 0.114 B` in fixed
  /// point, as Pillow's `convert('L')` computes it.
  ///
  /// Source: ITU-R Recommendation BT.601.
  public func converted(channels: Int) -> DecodedImage {
    guard channels != self.channels else { return self }
    let count = height * width
    let result = [UInt8](unsafeUninitializedCapacity: count * channels) { target, filled in
      pixels.withUnsafeBufferPointer { source in
        for index in 0..<count {
          if channels == 1 {
            let sum =
              Int(source[3 * index]) * 19_595 + Int(source[3 * index + 1]) * 38_470
              + Int(source[3 * index + 2]) * 7_471
            target[index] = UInt8(truncatingIfNeeded: (sum + 0x8000) >> 16)
          } else {
            for channel in 0..<3 { target[3 * index + channel] = source[index] }
          }
        }
      }
      filled = count * channels
    }
    return DecodedImage(height: height, width: width, channels: channels, pixels: result)
  }

  /// The image as it is seen, of samples stored in another orientation.
  func upright(from orientation: ImageOrientation) -> DecodedImage {
    guard orientation != .upright else { return self }
    let (rows, columns) = orientation.swapsSides ? (width, height) : (height, width)
    let result = [UInt8](unsafeUninitializedCapacity: pixels.count) { target, filled in
      pixels.withUnsafeBufferPointer { source in
        var next = 0
        for row in 0..<rows {
          for column in 0..<columns {
            let (r, c) = orientation.place(of: row, column, height: height, width: width)
            let start = (r * width + c) * channels
            for channel in 0..<channels {
              target[next] = source[start + channel]
              next += 1
            }
          }
        }
      }
      filled = pixels.count
    }
    return DecodedImage(height: rows, width: columns, channels: channels, pixels: result)
  }
}
