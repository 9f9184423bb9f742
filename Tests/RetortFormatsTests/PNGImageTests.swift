import RetortFormats
import Testing

@Suite struct PNGImageTests {
  static let grey = PNGImage(width: 3, height: 2, channels: 1, pixels: [0, 128, 255, 7, 8, 9])
  static let color = PNGImage(
    width: 2, height: 2, channels: 3, pixels: [255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3])

  private func decode(_ bytes: [UInt8]) throws(FormatError) -> PNGImage {
    try PNGImage.decode(bytes, path: "damaged")
  }

  /// 2×1, grey and alpha, 16 bits: samples 0x8000, 0xFFFF; written by hand with Python's zlib.
  static let greyAlpha: [UInt8] = [
    137, 80, 78, 71, 13, 10, 26, 10, 0, 0, 0, 13, 73, 72, 68, 82, 0, 0, 0, 2, 0, 0, 0, 1, 16, 4,
    0, 0, 0, 14, 187, 107, 66, 0, 0, 0, 15, 73, 68, 65, 84, 120, 156, 99, 104, 96, 248, 15, 4, 12,
    12, 0, 21, 247, 4, 125, 128, 34, 246, 74, 0, 0, 0, 0, 73, 69, 78, 68, 174, 66, 96, 130,
  ]

  @Test(arguments: [grey, color])
  func picturesComeBack(_ image: PNGImage) throws {
    #expect(try decode(image.encoded()) == image)
    #expect(try image.encoded() == image.encoded())
    let folder = try TemporaryFolder()
    try image.write(to: "\(folder.path)/a.png")
    #expect(try PNGImage.read("\(folder.path)/a.png") == image)
  }

  @Test func otherKindsBecomeRGB() throws {
    let image = try decode(Self.greyAlpha)
    #expect(image.channels == 3)
    #expect(image.pixels == [128, 128, 128, 255, 255, 255])
  }

  @Test(arguments: [grey, color])
  func everyTruncationIsRefused(_ image: PNGImage) throws {
    let bytes = try image.encoded()
    // What follows the last row is not looked at: the end of the data, its sum, and IEND.
    for count in 0..<bytes.count - 20 {
      #expect(throws: FormatError.self, "\(count) bytes") { try decode(Array(bytes[..<count])) }
    }
    for count in bytes.count - 20..<bytes.count { _ = try? decode(Array(bytes[..<count])) }
  }

  @Test(arguments: [grey, color])
  func damageIsSurvived(_ image: PNGImage) throws {
    let bytes = try image.encoded()
    let refused = feedDamaged(bytes, seed: 11, rounds: 4000) { (bytes) throws(FormatError) in
      try decode(bytes)
    }
    #expect(refused > 2000)
  }

  @Test func faultsAreNamed() throws {
    let other = #expect(throws: FormatError.self) { try decode(Array("GIF89a".utf8)) }
    #expect(other?.description.contains("begins with 71 73 70 56 57 97") == true)
    var bytes = try Self.grey.encoded()
    bytes.replaceSubrange(16..<20, with: [0, 1, 0, 0])  // width
    let huge = #expect(throws: FormatError.self) { try decode(bytes) }
    #expect(huge?.field == "header")
  }

  /// A few bytes that speak of 800 MB of pixels.
  @Test func aLargeHeaderAloneIsRefused() throws {
    let small = try PNGImage(width: 1, height: 1, channels: 3, pixels: [1, 2, 3]).encoded(path: "p")
    // The sides stand behind the signature and the chunk's length and name, its checksum behind 13 bytes.
    var bytes = small
    bytes.replaceSubrange(16..<24, with: [0, 0, 0x40, 0, 0, 0, 0x40, 0])
    let checksum = crc32(bytes[12..<29])
    let checked = withUnsafeBytes(of: checksum.bigEndian) { Array($0) }
    bytes.replaceSubrange(29..<33, with: checked)
    let error = #expect(throws: FormatError.self) { try PNGImage.decode(bytes, path: "p") }
    #expect(error?.field == "header")
    #expect(error?.description.contains("IDAT stream too short") == true, "\(error!)")
  }

  /// The checksum of PNG's chunks.
  private func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var sum = UInt32.max
    for byte in bytes {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 == 0 ? sum >> 1 : (sum >> 1) ^ 0xEDB8_8320 }
    }
    return ~sum
  }
}
