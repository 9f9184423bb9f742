import RetortFormats
import Testing

/// Vectors of FIPS 180-4's example document and of NIST's "CAVP" short messages.
@Suite struct SHA256Tests {
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    (
      "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
    ),
    (
      "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqr"
        + "lmnopqrsmnopqrstnopqrstu",
      "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
    ),
  ])
  func publishedVectors(_ text: String, _ expected: String) {
    #expect(SHA256.hexadecimal(Array(text.utf8)) == expected)
  }

  @Test func aMillionLetters() {
    let expected = "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"
    #expect(SHA256.hexadecimal([UInt8](repeating: 0x61, count: 1_000_000)) == expected)
  }

  @Test func piecesGiveTheHashOfTheWhole() {
    let bytes = (0..<200).map { UInt8($0) }
    let whole = SHA256.hexadecimal(bytes)
    for first in 0...bytes.count {
      var hash = SHA256()
      hash.update(Array(bytes[..<first]))
      #expect(hash.hexadecimal == SHA256.hexadecimal(Array(bytes[..<first])))
      hash.update(Array(bytes[first...]))
      #expect(hash.hexadecimal == whole, "split at \(first)")
    }
  }
}
