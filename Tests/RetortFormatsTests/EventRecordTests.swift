import RetortFormats
import Testing

@Suite struct EventRecordTests {
  /// Vectors of RFC 3720, appendix B.4, and the check value of the CRC catalogue.
  private static let checksums: [(bytes: [UInt8], expected: UInt32)] = [
    ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
    ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
    ([UInt8](0..<32), 0x46DD_794E), ([UInt8]((0..<32).reversed()), 0x113F_DB5C),
    ([UInt8]("123456789".utf8), 0xE306_9283), ([], 0),
  ]

  @Test(arguments: checksums) func publishedChecksums(_ vector: (bytes: [UInt8], expected: UInt32))
  {
    #expect(CRC32C.checksum(vector.bytes) == vector.expected)
  }

  /// What `tensorboard` 2.21.0 for Python writes for the same events.
  @Test(arguments: [
    (
      EventRecord(time: 1_700_000_000.5, step: 0, .version),
      "1800000000000000a37f4b220900002040fc54d9411a0d627261696e2e4576656e743a322b353110"
    ),
    (
      EventRecord(time: 1_700_000_002, step: 301, .sessionStart),
      "100000000000000095fbfe180900008040fc54d94110ad023a02080184a4031a"
    ),
    (
      EventRecord(
        time: 1_700_000_001.25, step: 300,
        .scalars([.init("loss", 0.1), .init("losses/kd", -2.5e-8)])),
      "2d000000000000003c418afb0900005040fc54d94110ac022a1f0a0b0a046c6f737315cdcccc3d0a100a096c"
        + "6f737365732f6b641595bfd6b22a8d3581"
    ),
  ])
  func recordsAreThoseOfTensorBoard(_ record: EventRecord, _ expected: String) throws {
    #expect(hexadecimal(try record.framed()) == expected)
  }

  @Test func aPictureIsAnImageOfItsSize() throws {
    let picture = PNGImage(width: 2, height: 1, channels: 1, pixels: [0, 255])
    let record = EventRecord(time: 2, step: 1, .image(tag: "explored", picture))
    let frames = try EventFrames.payloads(try record.framed())
    let png = try picture.encoded()
    // Field 4 of the value: height 1, width 2, one channel, and the file.
    let image: [UInt8] = [0x08, 1, 0x10, 2, 0x18, 1, 0x22, UInt8(png.count)] + png
    let tag: [UInt8] = [0x0A, 8] + Array("explored".utf8)
    let value: [UInt8] = tag + [0x22, UInt8(image.count)] + image
    #expect(image.count < 128 && hexadecimal(frames[0]).hasSuffix(hexadecimal(value)))
  }

  @Test func everyDamagedByteIsFound() throws {
    let bytes = try EventRecord(time: 3, step: 4, .scalars([.init("loss", 5)])).framed()
    #expect(try EventFrames.payloads(bytes + bytes).count == 2)
    for index in bytes.indices {
      var damaged = bytes
      damaged[index] ^= 0x10
      #expect(throws: EventFrames.Damage.self, "byte \(index)") {
        try EventFrames.payloads(damaged)
      }
    }
  }

  private func hexadecimal(_ bytes: [UInt8]) -> String {
    bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }
}

/// A reader of TFRecord frames, written from their description and not from the writer.
enum EventFrames {
  struct Damage: Error {}

  /// The content of each record.
  ///
  /// - Throws: `Damage` for a wrong checksum or a frame that is cut short.
  static func payloads(_ bytes: [UInt8]) throws -> [[UInt8]] {
    var rest = bytes[...]
    func take(_ count: Int) throws -> [UInt8] {
      guard rest.count >= count else { throw Damage() }
      defer { rest = rest.dropFirst(count) }
      return Array(rest.prefix(count))
    }
    var payloads: [[UInt8]] = []
    while !rest.isEmpty {
      let length = try take(8)
      guard try number(take(4)) == masked(length) else { throw Damage() }
      let payload = try take(Int(number(length)))
      guard try number(take(4)) == masked(payload) else { throw Damage() }
      payloads.append(payload)
    }
    return payloads
  }

  private static func number(_ bytes: [UInt8]) -> UInt64 {
    bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// Bit by bit: no table, no shared code.
  private static func masked(_ bytes: [UInt8]) -> UInt64 {
    var crc: UInt64 = 0xFFFF_FFFF
    for byte in bytes {
      for bit in 0..<8 {
        let feedback = (crc ^ UInt64(byte) >> UInt64(bit)) & 1
        crc = crc >> 1 ^ (feedback == 1 ? 0x82F6_3B78 : 0)
      }
    }
    crc ^= 0xFFFF_FFFF
    return ((crc >> 15 | crc << 17 & 0xFFFF_FFFF) + 0xA282_EAD8) & 0xFFFF_FFFF
  }
}
