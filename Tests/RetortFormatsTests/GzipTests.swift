import RetortFormats
import RetortTestSupport
import Testing

@Suite struct GzipTests {
  private func inflate(
    _ bytes: [UInt8], limit: Int = 1 << 20
  ) throws(FormatError) -> [UInt8] {
    try Gzip.inflate(bytes, limit: limit, path: "damaged")
  }

  /// What the program `gzip -n` makes of "hello hello hello".
  static let hello: [UInt8] = [
    0x1F, 0x8B, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x03, 0xCB, 0x48, 0xCD, 0xC9, 0xC9,
    0x57, 0xC8, 0x40, 0x90, 0x00, 0x80, 0x88, 0xF9, 0xE5, 0x11, 0x00, 0x00, 0x00,
  ]

  @Test func aFileOfTheGzipProgram() throws {
    #expect(try inflate(Self.hello) == Array("hello hello hello".utf8))
  }

  @Test(arguments: [0, 1, 100, 262_143, 262_144, 262_145, 1_000_000])
  func contentComesBack(count: Int) throws {
    var generator = SeededGenerator(state: UInt64(count))
    let noise = (0..<count).map { _ in UInt8.random(in: 0...3, using: &generator) }
    let packed = Gzip.deflate(noise)
    #expect(try inflate(packed) == noise)
    #expect(Gzip.deflate(noise) == packed)
  }

  @Test func membersFollowOneAnother() throws {
    let text = try inflate(Self.hello + Gzip.deflate([]) + Gzip.deflate([0x21]))
    #expect(text == Array("hello hello hello!".utf8))
  }

  @Test func everyTruncationIsRefused() {
    for bytes in [Self.hello, Gzip.deflate((0..<300).map { UInt8($0 % 256) })] {
      expectEveryTruncationThrows(bytes) { (bytes) throws(FormatError) in try inflate(bytes) }
    }
  }

  @Test func aCutMemberAfterAWholeOneIsRefused() {
    for count in 1..<Self.hello.count {
      #expect(throws: FormatError.self) { try inflate(Self.hello + Self.hello[..<count]) }
    }
  }

  @Test func noFlippedBitChangesTheContent() {
    var unnoticed = 0
    for place in 10..<Self.hello.count {
      for bit in 0..<8 {
        var bytes = Self.hello
        bytes[place] ^= 1 << bit
        guard let content = try? inflate(bytes) else { continue }
        unnoticed += 1
        #expect(content == Array("hello hello hello".utf8), "byte \(place), bit \(bit)")
      }
    }
    #expect(unnoticed == 1)  // the one bit that pads the deflated data to a whole byte
  }

  @Test func damageIsSurvived() {
    let bytes = Gzip.deflate((0..<2000).map { UInt8($0 * $0 % 251) })
    feedDamaged(bytes, seed: 3, rounds: 3000) { (bytes) throws(FormatError) in try inflate(bytes) }
  }

  @Test func theLimitHoldsAgainstBombs() throws {
    let bomb = Gzip.deflate([UInt8](repeating: 0, count: 10_000_000), level: 9)
    #expect(bomb.count < 20_000)
    let error = #expect(throws: FormatError.self) { try inflate(bomb, limit: 1000) }
    guard case .tooLarge(let found, 1000) = error?.fault else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(found < 300_000)
    #expect(try inflate(Gzip.deflate([1, 2, 3]), limit: 3) == [1, 2, 3])
    #expect(throws: FormatError.self) { try inflate(Gzip.deflate([1, 2, 3]), limit: 2) }
  }

  @Test func faultsAreNamed() {
    let other = #expect(throws: FormatError.self) { try inflate([0x50, 0x4B]) }
    #expect(other?.fault == .wrongMagic(expected: "31 139 (gzip)", found: "80 75"))
    let after = #expect(throws: FormatError.self) { try inflate(Self.hello + [0, 0]) }
    #expect(after?.fault == .trailingBytes(2))
    #expect(after?.offset == Self.hello.count)
    var wrongSum = Self.hello
    wrongSum[Self.hello.count - 8] ^= 1
    let sum = #expect(throws: FormatError.self) { try inflate(wrongSum) }
    #expect(sum?.fault == .corrupt("incorrect data check"))
    let cut = #expect(throws: FormatError.self) { try inflate(Array(Self.hello.dropLast())) }
    #expect(cut?.fault == .truncated(needed: 1, available: 0))
  }
}
