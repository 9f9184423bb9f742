/// A grid of 8-bit grey or RGB pixels to draw on; drawing outside it is clipped.
public struct Canvas: Equatable, Sendable {
  /// A colour; on a grey canvas its brightness.
  public struct Color: Equatable, Sendable {
    /// The red sample, 0 to 255.
    public var red: UInt8
    /// The green sample, 0 to 255.
    public var green: UInt8
    /// The blue sample, 0 to 255.
    public var blue: UInt8

    /// A colour of three samples.
    public init(red: UInt8, green: UInt8, blue: UInt8) {
      (self.red, self.green, self.blue) = (red, green, blue)
    }

    /// A grey.
    public init(grey: UInt8) {
      self.init(red: grey, green: grey, blue: grey)
    }

    /// White.
    public static let white = Color(grey: 255)
    /// Black.
    public static let black = Color(grey: 0)

    // ITU-R BT.601 luma in integers; a grey keeps its value.
    fileprivate var brightness: UInt8 {
      let thousandfold: Int = 299 * Int(red) + 587 * Int(green) + 114 * Int(blue)
      return UInt8((thousandfold + 500) / 1000)
    }
  }

  /// The number of columns.
  public let width: Int
  /// The number of rows.
  public let height: Int
  /// The samples per pixel: 1 for grey, 3 for RGB.
  public let channels: Int
  /// The samples, `[height, width, channels]`.
  public private(set) var pixels: [UInt8]

  /// A canvas of one colour; `channels` is 1 or 3, width and height are at least 1.
  public init(width: Int, height: Int, channels: Int = 1, color: Color = .white) {
    precondition(channels == 1 || channels == 3, "a Canvas has one or three channels")
    precondition(width > 0 && height > 0, "a Canvas has at least one pixel")
    self.width = width
    self.height = height
    self.channels = channels
    pixels = [UInt8](repeating: 0, count: width * height * channels)
    fill(color)
  }

  /// Fills the canvas.
  public mutating func fill(_ color: Color) {
    fill(x: 0, y: 0, width: width, height: height, color)
  }

  /// Fills a rectangle whose upper left pixel is (x, y).
  public mutating func fill(x: Int, y: Int, width: Int, height: Int, _ color: Color) {
    let samples = channels == 1 ? [color.brightness] : [color.red, color.green, color.blue]
    for row in max(0, y)..<max(0, y, min(self.height, y + height)) {
      for column in max(0, x)..<max(0, x, min(self.width, x + width)) {
        let place = (row * self.width + column) * channels
        for channel in 0..<channels { pixels[place + channel] = samples[channel] }
      }
    }
  }

  /// Draws an image at (x, y), each pixel as a square of `scale` × `scale`.
  ///
  /// - Parameters:
  ///   - image: Samples `[height, width, channels]`; the number of channels (1 or 3) follows from the count.
  ///   - width: The width of the image in pixels.
  ///   - height: The height of the image in pixels.
  ///   - x: The column of the left edge.
  ///   - y: The row of the upper edge.
  ///   - scale: The side of each pixel's square, ≥ 1.
  public mutating func draw(
    _ image: some RandomAccessCollection<UInt8>, width: Int, height: Int, x: Int, y: Int,
    scale: Int = 1
  ) {
    precondition(scale > 0 && width > 0 && height > 0, "scale and size of a picture are positive")
    let depth = image.count / (width * height)
    precondition(
      (depth == 1 || depth == 3) && image.count == width * height * depth,
      "a picture has one or three samples per pixel")
    var samples = image.makeIterator()
    for row in 0..<height {
      for column in 0..<width {
        let first = samples.next() ?? 0
        let color =
          depth == 1
          ? Color(grey: first)
          : Color(red: first, green: samples.next() ?? 0, blue: samples.next() ?? 0)
        fill(x: x + column * scale, y: y + row * scale, width: scale, height: scale, color)
      }
    }
  }

  /// Draws one line of text whose upper left pixel is (x, y), without a background.
  ///
  /// A glyph is 5 × 7 pixels and the advance 6, all times `scale`.
  public mutating func draw(
    _ text: String, x: Int, y: Int, color: Color = .black, scale: Int = 1
  ) {
    for (index, character) in text.enumerated() {
      let left = x + index * BitmapFont.advance * scale
      for (row, bits) in BitmapFont.rows(of: character).enumerated() {
        for column in 0..<BitmapFont.glyphWidth where bits & (0x10 >> column) != 0 {
          fill(
            x: left + column * scale, y: y + row * scale, width: scale, height: scale, color)
        }
      }
    }
  }

  /// The width in pixels of one line of text.
  public static func width(of text: String, scale: Int = 1) -> Int {
    BitmapFont.width(of: text) * scale
  }

  /// The height in pixels of one line of text.
  public static func textHeight(scale: Int = 1) -> Int {
    BitmapFont.glyphHeight * scale
  }

  /// The canvas as an image that can be written to a file.
  public var png: PNGImage {
    PNGImage(width: width, height: height, channels: channels, pixels: pixels)
  }
}
