import RetortFormats
import Testing

@Suite struct IDXTests {
  static let bytes: [UInt8] = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6]

  private func parse(_ bytes: [UInt8]) throws(FormatError) -> IDX {
    try IDX.parse(bytes, path: "damaged")
  }

  @Test func aMatrixOfBytes() throws {
    let array = try parse(Self.bytes)
    #expect(array.shape == [2, 3])
    #expect(array.elementType == .uint8)
    #expect(Array(array.bytes) == [1, 2, 3, 4, 5, 6])
    #expect(array.encoded() == Self.bytes)
  }

  @Test func plainAndGzipFiles() throws {
    let folder = try TemporaryFolder()
    try AtomicFile.write(Self.bytes, to: "\(folder.path)/plain")
    try AtomicFile.write(Gzip.deflate(Self.bytes), to: "\(folder.path)/packed")
    #expect(try IDX.read("\(folder.path)/plain") == IDX.read("\(folder.path)/packed"))
    #expect(throws: FormatError.self) { try IDX.read("\(folder.path)/packed", limit: 17) }
    #expect(throws: FormatError.self) { try IDX.read("\(folder.path)/plain", limit: 17) }
  }

  @Test func everyTruncationIsRefused() {
    expectEveryTruncationThrows(Self.bytes) { (bytes) throws(FormatError) in try parse(bytes) }
    let numbers = IDX(shape: [2], elementType: .float64, bytes: .init(repeating: 9, count: 16))
    expectEveryTruncationThrows(numbers.encoded()) { (bytes) throws(FormatError) in
      try parse(bytes)
    }
  }

  @Test func damageIsSurvived() {
    let refused = feedDamaged(Self.bytes, seed: 5, rounds: 5000) { (bytes) throws(FormatError) in
      try parse(bytes)
    }
    #expect(refused > 2000)
  }

  @Test func faultsAreNamed() {
    func fault(_ bytes: [UInt8]) -> FormatError? {
      #expect(throws: FormatError.self) { try parse(bytes) }
    }
    #expect(
      fault([1, 0, 8, 0])?.fault == .wrongMagic(expected: "0 0 (IDX)", found: "1 0"))
    let type = fault([0, 0, 10, 0])
    #expect(type?.fault == .unsupported(what: "type 10", supported: "8, 9, 11, 12, 13 and 14"))
    #expect(type?.offset == 2)
    let huge: [UInt8] = [0, 0, 14, 3] + [UInt8](repeating: 0xFF, count: 12)
    #expect(
      fault(huge)?.fault == .sizeOverflow(shape: [4_294_967_295, 4_294_967_295, 4_294_967_295]))
    let long = fault(Self.bytes + [0])
    #expect(long?.fault == .trailingBytes(1))
    #expect(long?.offset == Self.bytes.count)
    #expect(fault([0, 0, 8, 200, 0])?.fault == .truncated(needed: 800, available: 1))
  }
}
