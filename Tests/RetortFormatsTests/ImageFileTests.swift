import Foundation
import RetortTestSupport
import Testing

@testable import RetortFormats

@Suite struct ImageFileTests {
  private static let goldens = PictureFolders.goldens
  private static let names =
    ["wide.jpg", "tall.png", "grey.jpg", "progressive.jpg", "palette.png"]
    + ["lossy.webp", "lossless.webp", "clear.webp"]
    + (2...8).map { "turned\($0).jpg" }

  private func bytes(_ name: String) throws -> [UInt8] {
    try FileBytes.read("\(Self.goldens)/\(name)")
  }

  /// Orientations too: Pillow has turned what it has recorded.
  @Test(arguments: names) func samplesAreThoseOfPillow(_ name: String) throws {
    let stem = String(name.split(separator: ".")[0])
    let image = try ImageFile.read("\(Self.goldens)/\(name)")
    let expected = try PNGImage.read("\(Self.goldens)/\(stem).decoded.png")
    try #require((image.height, image.width) == (expected.height, expected.width))
    #expect(image.channels == expected.channels)
    // One decoder's arithmetic is another's but for its last bit.
    let worst = zip(image.pixels, expected.pixels).map { abs(Int($0) - Int($1)) }.max()
    #expect((worst ?? 0) <= (name.hasSuffix("jpg") ? 1 : 0), "\(name): \(worst ?? 0)")
    let header = try ImageFile.header("\(Self.goldens)/\(name)")
    #expect((header.uprightHeight, header.uprightWidth) == (image.height, image.width))
    #expect(header.channels == image.channels)
  }

  @Test func aMuchLargerPictureIsDecodedSmaller() throws {
    let path = "\(Self.goldens)/large.jpg"
    #expect(try ImageFile.read(path).height == 300)
    for (side, height, width) in [
      (300, 300, 400), (76, 300, 400), (75, 150, 200), (37, 75, 100), (18, 38, 50), (1, 38, 50),
    ] {
      let image = try ImageFile.read(path, covering: side)
      #expect(image.height == height && image.width == width, "\(side)")
    }
    #expect(try ImageFile.read("\(Self.goldens)/tall.png", covering: 1).height == 71)
  }

  @Test func coloursBecomeGreyAndGreyColours() {
    let image = DecodedImage(
      height: 1, width: 4, channels: 3, pixels: [255, 0, 0, 0, 255, 0, 0, 0, 255, 9, 9, 9])
    let grey = image.converted(channels: 1)
    #expect(grey.pixels == [76, 150, 29, 9])
    #expect(grey.converted(channels: 3).pixels == [76, 150, 29, 9].flatMap { [$0, $0, $0] })
    #expect(image.converted(channels: 3) == image)
  }

  @Test(arguments: ["wide.jpg", "progressive.jpg", "grey.jpg"])
  func everyTruncationIsRefused(_ name: String) throws {
    expectEveryTruncationThrows(try bytes(name)) { (bytes) throws(FormatError) in
      try ImageFile.decode(bytes, path: "damaged")
    }
  }

  @Test(arguments: ["lossy.webp", "lossless.webp", "clear.webp"])
  func anEarlyEndIsRefused(_ name: String) throws {
    let bytes = try bytes(name)
    for count in stride(from: 0, to: bytes.count - 2, by: 3) {
      #expect(throws: FormatError.self) { try ImageFile.decode(Array(bytes[..<count])) }
    }
    // An animation has a chunk of its own before the first picture.
    var moving = Array(bytes[..<12])
    moving += Array("VP8X".utf8) + [10, 0, 0, 0, 2, 0, 0, 0, 44, 0, 0, 33, 0, 0]
    moving += bytes[12...]
    let error = #expect(throws: FormatError.self) { try ImageFile.decode(moving) }
    #expect("\(error!)".contains("header: an animation is not supported."))
    moving[20] = 0
    let size = try ImageHeader.sizeOfWebP(moving, "x")
    #expect((size.width, size.height) == (45, 34))
  }

  @Test(arguments: ["wide.jpg", "progressive.jpg", "turned6.jpg", "lossless.webp"])
  func damageIsSurvived(_ name: String) throws {
    let refused = feedDamaged(try bytes(name), seed: 5, rounds: 1500) {
      (bytes) throws(FormatError) in
      try ImageFile.decode(bytes, path: "damaged", covering: 4)
    }
    #expect(refused > 100)
  }

  /// The place of a JPEG file's frame header: precision, height, width, channels.
  private func frame(of bytes: [UInt8]) throws -> Int {
    let place = bytes.indices.dropLast().first {
      bytes[$0] == 0xFF && (bytes[$0 + 1] == 0xC0 || bytes[$0 + 1] == 0xC2)
    }
    return try #require(place) + 4
  }

  private func changed(_ changes: [Int: [UInt8]]) throws -> [UInt8] {
    var bytes = try bytes("wide.jpg")
    let start = try frame(of: bytes)
    for (place, content) in changes {
      bytes.replaceSubrange(start + place..<start + place + content.count, with: content)
    }
    return bytes
  }

  @Test func faultsSayWhatWhereAndTheWayOut() throws {
    let supported = "Supported: PNG, JPEG and WebP pictures."
    let deep = "Supported: grey and RGB of 8 bits a sample; convert it."
    let cases: [(bytes: [UInt8], says: String)] = [
      ([], "a.jpg: the file is empty. Check that this is the right file."),
      (Array("Not a picture.\n".utf8), "a.jpg: a text is not supported. \(supported)"),
      (Array("GIF89a".utf8) + [1, 2, 3], "a.jpg: a GIF picture is not supported. \(supported)"),
      (
        Array("RIFF....WEBPVP8 ".utf8) + [0],
        "a.jpg: header: 30 bytes are needed here, 17 are left. "
          + "The file was cut short or damaged; copy or download it again."
      ),
      ([9, 8, 7, 0, 1], "a.jpg: this kind of file is not supported. \(supported)"),
      (
        try changed([1: [0xFF, 0xDC, 0xFF, 0xDC]]),
        "a.jpg: header: a picture of 65500×65500 pixels is not supported. "
          + "Supported: sides of up to 16384; make it smaller."
      ),
      (
        try changed([1: [0x40, 0, 0x40, 0]]),
        "a.jpg: byte 158: picture: 524288 bytes are needed here, 1671 are left. "
          + "The file was cut short or damaged; copy or download it again."
      ),
      (
        try changed([1: [0, 0]]),
        "a.jpg: header: the content is damaged: a picture of 60×0 pixels. "
          + "The file was cut short or damaged; copy or download it again."
      ),
      (try changed([0: [12]]), "a.jpg: header: JPEG of 12 bits a sample is not supported. \(deep)"),
      (try changed([5: [4]]), "a.jpg: header: a CMYK picture is not supported. \(deep)"),
    ]
    let folder = try TemporaryFolder()
    for (bytes, says) in cases {
      try AtomicFile.write(bytes, to: folder.path + "/a.jpg")
      let decoding = #expect(throws: FormatError.self) {
        try ImageFile.decode(bytes, path: "a.jpg")
      }
      #expect(decoding?.description == says)
      // Nothing of it shows but in the header.
      let heading = #expect(throws: FormatError.self) {
        try ImageFile.header(folder.path + "/a.jpg")
      }
      #expect(heading?.description == "\(folder.path)/\(says)")
    }
    let none = #expect(throws: FormatError.self) { try ImageFile.header(folder.path + "/none") }
    #expect(none?.description.contains("No such file") == true)
    #expect(throws: FormatError.self) { try ImageFile.header(folder.path) }
    #expect(throws: FormatError.self) { try ImageFile.read(folder.path) }
  }

  /// Pictures of one pixel are pictures.
  @Test func onePixelIsEnough() throws {
    let bytes = try PNGImage(width: 1, height: 1, channels: 3, pixels: [1, 2, 3]).encoded()
    #expect(try ImageFile.decode(bytes).pixels == [1, 2, 3])
  }

  @Test func tablesOfLabelsAreRead() throws {
    let folder = try TemporaryFolder()
    func read(_ text: String, _ name: String = "labels.csv") throws -> [LabelTable.Row] {
      try AtomicFile.write(Array(text.utf8), to: "\(folder.path)/\(name)")
      return try LabelTable("\(folder.path)/\(name)") { $0.hasSuffix("png") }.rows
    }
    let rows = try read("file,label\r\na.png,cat\n\n\"b, \"\"c\"\".png\",\"a dog\"\n")
    #expect(rows.map(\.file) == ["a.png", "b, \"c\".png"])
    #expect(rows.map(\.label) == ["cat", "a dog"] && rows.map(\.line) == [2, 4])
    #expect(try read("a.png\tx,y\n", "labels.TSV").map(\.label) == ["x,y"])
    for (text, says) in [
      ("", "labels.csv: the file is empty. Check that this is the right file."),
      ("file,label\n", "labels.csv: the file is empty. Check that this is the right file."),
      (
        "a.png,cat,1\n",
        "labels.csv: line 1: a line of 3 columns is not supported. "
          + "Supported: a file's name, a comma and a label."
      ),
      (
        "a.png\n",
        "labels.csv: line 1: a line of one column is not supported. "
          + "Supported: a file's name, a comma and a label."
      ),
      ("a.png,cat\nb.png, \n", "labels.csv: line 2: the label is empty."),
      ("a.png,cat\na.png,dog\n", "labels.csv: line 2: 'a.png' stands twice."),
    ] {
      let error = #expect(throws: FormatError.self) { try read(text) }
      #expect(error?.description.contains(says) == true, "\(error!)")
    }
  }
}
