import RetortTestSupport
import Testing

@testable import RetortFormats

/// Archives that Python's tarfile wrote.
@Suite struct TarFileTests {
  private static let folder = Goldens.folder + "/datasets"

  private func files(_ bytes: [UInt8]) throws(FormatError) -> [(name: String, content: [UInt8])] {
    var found: [(name: String, content: [UInt8])] = []
    try TarFile.forEach("damaged", size: bytes.count) { offset, count in
      Array(bytes.dropFirst(offset).prefix(count))
    } _: { (member, read) throws(FormatError) in
      found.append((member.name, try read(member.offset, member.size)))
    }
    return found
  }

  @Test(arguments: ["ustar", "gnu", "pax"]) func filesAreFound(_ kind: String) throws {
    let expected = try #require(
      JSONValue.read(Self.folder + "/archives.json", limit: 1 << 20).members)
    let path = "\(Self.folder)/\(kind).tar"
    let found = try files(FileBytes.read(path))
    #expect(found.count == 4)
    for (file, member) in zip(found, expected) {
      // A prefix ends where a folder does.
      let half = String(repeating: "long", count: 20)
      let parted = member.key.replacing(half + half, with: half + "/" + half)
      #expect(file.name == (kind == "ustar" ? parted : member.key))
      #expect(file.content.map { Int($0) } == member.value.array?.compactMap(\.int))
    }
    var names: [String] = []
    try TarFile.forEach(path) { member, _ in
      names.append(member.name)
      let own = TarFile.name(ofMemberAt: member.offset, in: path)
      #expect(own == member.name || member.name.utf8.count > 100 || kind == "pax")
    }
    #expect(names == found.map(\.name))
  }

  @Test func damageIsNamed() throws {
    let bytes = try FileBytes.read(Self.folder + "/pax.tar")
    let last = try #require(bytes.lastIndex { $0 != 0 })
    var damaged = bytes
    damaged[last] ^= 1
    #expect(throws: FormatError.self) { try files(damaged) }
    for count in Array(stride(from: 1, to: last, by: 37))
      + Array(stride(from: 512, to: last, by: 512))
    {
      #expect(throws: FormatError.self) { try files(Array(bytes[..<count])) }
    }
    #expect(throws: FormatError("damaged", .empty)) { try files([]) }
    let packed = #expect(throws: FormatError.self) { try files(Gzip.deflate(bytes) + bytes) }
    #expect("\(packed!)".contains("a compressed archive is not supported"))
    feedDamaged(bytes, seed: 3, rounds: 2000) { (bytes) throws(FormatError) in try files(bytes) }
  }

  @Test func largeSizesAreRead() throws {
    var bytes = try Array(FileBytes.read(Self.folder + "/ustar.tar")[512..<1024])
    func seal() {
      for place in 148..<156 { bytes[place] = 32 }
      let sum = bytes.reduce(0) { $0 + Int($1) }
      let digits = Array(String(sum, radix: 8).utf8)
      for (place, digit) in digits.enumerated() { bytes[148 + place] = digit }
      bytes[148 + digits.count] = 0
    }
    bytes.replaceSubrange(124..<136, with: [0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0])
    seal()
    let error = #expect(throws: FormatError.self) { try files(bytes) }
    #expect(error?.fault == .truncated(needed: 1 << 33, available: 0))
    bytes[124] = 0xFF
    seal()
    #expect(throws: FormatError.self) { try files(bytes) }
  }
}
