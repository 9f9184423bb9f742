/// What the first bytes of a PNG, JPEG or WebP file say of its picture.
package struct ImageHeader: Equatable, Sendable {
  /// The formats that are told apart.
  package enum Kind: Sendable { case png, jpeg, webp }

  /// The format.
  package let kind: Kind
  /// The stored height in pixels.
  package let height: Int
  /// The stored width in pixels.
  package let width: Int
  /// The samples per pixel once decoded: 1 for grey, 3 for colour.
  package let channels: Int
  /// How the stored samples lie in the picture.
  package let orientation: ImageOrientation

  /// The height of the picture as it is seen.
  package var uprightHeight: Int { orientation.swapsSides ? width : height }
  /// The width of the picture as it is seen.
  package var uprightWidth: Int { orientation.swapsSides ? height : width }

  /// Bytes of a file: up to `count` of them from `offset` on, fewer at its end.
  typealias Bytes = (_ offset: Int, _ count: Int) throws(FormatError) -> [UInt8]

  /// The header of the file at `path`, of `size` bytes, which `bytes` reads.
  ///
  /// - Throws: `FormatError` for a file of another kind, one that ends early, and a picture that is not read:
  ///   one without pixels, a side over `PNGImage.sideLimit`, CMYK, more bits per sample than 8 in JPEG.
  init(_ path: String, size: Int, bytes: Bytes) throws(FormatError) {
    let head = try bytes(0, 512)
    guard !head.isEmpty else { throw FormatError(path, .empty) }
    try ForeignFile.refuse(head, path: path)
    switch head {
    case _ where head.starts(with: Self.pngSignature): try self.init(png: head, path, size)
    case _ where head.starts(with: [0xFF, 0xD8, 0xFF]): try self.init(jpeg: bytes, path, size)
    case _ where Self.isWebP(head):
      let (width, height) = try Self.sizeOfWebP(head, path)
      self.init(.webp, height, width, 3, .upright)
    default:
      throw FormatError(
        path, .unsupported(what: Self.name(of: head), supported: "PNG, JPEG and WebP pictures"))
    }
    let limit = PNGImage.sideLimit
    guard height > 0, width > 0 else {
      throw FormatError(path, in: "header", .corrupt("a picture of \(width)×\(height) pixels"))
    }
    guard height <= limit, width <= limit else {
      throw FormatError(
        path, in: "header",
        .unsupported(
          what: "a picture of \(width)×\(height) pixels",
          supported: "sides of up to \(limit); make it smaller"))
    }
  }

  /// Whether the file whose first bytes are given is a PNG, JPEG or WebP file.
  package static func isImage(_ head: [UInt8]) -> Bool {
    head.starts(with: pngSignature) || head.starts(with: [0xFF, 0xD8, 0xFF]) || isWebP(head)
  }

  private static let pngSignature: [UInt8] = [0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]

  private init(
    _ kind: Kind, _ height: Int, _ width: Int, _ channels: Int, _ orientation: ImageOrientation
  ) {
    (self.kind, self.height, self.width, self.channels) = (kind, height, width, channels)
    self.orientation = orientation
  }

  private init(png head: [UInt8], _ path: String, _ size: Int) throws(FormatError) {
    guard head.count >= 33 else {
      throw FormatError(path, in: "header", .truncated(needed: 33, available: head.count))
    }
    guard head[12..<16].elementsEqual("IHDR".utf8) else {
      throw FormatError(path, at: 12, in: "header", .corrupt("its first chunk is not IHDR"))
    }
    // Colour type 0 is grey; of more than 8 bits it is decoded as RGB.
    let isGrey = head[25] == 0 && head[24] <= 8
    self.init(
      .png, Self.number(head[20..<24]), Self.number(head[16..<20]), isGrey ? 1 : 3, .upright)
  }

  private init(jpeg bytes: Bytes, _ path: String, _ size: Int) throws(FormatError) {
    var (place, orientation) = (2, ImageOrientation?.none)
    func read(_ offset: Int, _ count: Int) throws(FormatError) -> [UInt8] {
      let found = try bytes(offset, count)
      guard found.count == count else {
        throw FormatError(
          path, at: offset, in: "header", .truncated(needed: count, available: found.count))
      }
      return found
    }
    // More segments than any camera writes.
    for _ in 0..<4096 {
      let start = try read(place, 4)
      guard start[0] == 0xFF else {
        throw FormatError(path, at: place, in: "header", .corrupt("there is no marker here"))
      }
      let marker = start[1]
      guard marker != 0xFF else {
        place += 1
        continue
      }
      let length = Int(start[2]) << 8 | Int(start[3])
      guard marker != 0xD9, marker != 0xDA, length >= 2 else {
        throw FormatError(
          path, at: place, in: "header", .corrupt("its picture has no frame header"))
      }
      if marker == 0xE1, orientation == nil, length > 8 {
        orientation = ImageOrientation(exif: try read(place + 4, length - 2))
      }
      // Start of frame, of any coding; C4, C8 and CC are tables and extensions.
      if (0xC0...0xCF).contains(marker), ![0xC4, 0xC8, 0xCC].contains(marker) {
        try self.init(
          frame: try read(place + 4, 6), isArithmetic: marker & 0xF > 8, orientation ?? .upright,
          path, at: place, size)
        return
      }
      place += 2 + length
    }
    throw FormatError(path, in: "header", .corrupt("its picture has no frame header"))
  }

  /// The header of a JPEG file by the first bytes of its start of frame.
  private init(
    frame: [UInt8], isArithmetic: Bool, _ orientation: ImageOrientation, _ path: String,
    at place: Int, _ size: Int
  ) throws(FormatError) {
    let (height, width) = (Self.number(frame[1..<3]), Self.number(frame[3..<5]))
    func refuse(_ what: String) -> FormatError {
      FormatError(
        path, in: "header",
        .unsupported(what: what, supported: "grey and RGB of 8 bits a sample; convert it"))
    }
    guard frame[0] == 8 else { throw refuse("JPEG of \(frame[0]) bits a sample") }
    guard frame[5] == 1 || frame[5] == 3 else {
      throw refuse(frame[5] == 4 ? "a CMYK picture" : "a picture of \(frame[5]) channels")
    }
    // Huffman's code takes a bit at least for a block of 64 pixels, so that a forged header cannot demand more
    // memory than that. Arithmetic coding takes less for a blank picture: an eighth is more than it saves.
    let least = height * width / (isArithmetic ? 4096 : 512)
    guard size >= least || max(height, width) > PNGImage.sideLimit else {
      throw FormatError(path, at: place, in: "picture", .truncated(needed: least, available: size))
    }
    self.init(.jpeg, height, width, Int(frame[5]), orientation)
  }

  private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
    bytes.reduce(0) { $0 << 8 | Int($1) }
  }

  /// The name of a kind of file that is no picture Retort reads.
  private static func name(of head: [UInt8]) -> String {
    func holds(_ text: String, at place: Int = 0) -> Bool {
      head.dropFirst(place).starts(with: text.utf8)
    }
    if holds("GIF8") { return "a GIF picture" }
    if holds("BM") { return "a BMP picture" }
    if holds("II*\0") || holds("MM\0*") { return "a TIFF picture" }
    if holds("ftyp", at: 4) { return "a HEIF or AVIF picture, or a video," }
    let isText = head.allSatisfy { $0 >= 0x20 && $0 != 0x7F || (9...13).contains($0) }
    return isText ? "a text" : "this kind of file"
  }
}
