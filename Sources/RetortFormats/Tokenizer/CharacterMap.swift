/// SentencePiece's table of what becomes of characters, the `precompiled_charsmap` of its models.
///
/// Bytes are the length of a trie as a little-endian number of 32 bits, the trie as such numbers, and the
/// replacements, each ended by a zero.
///
/// Source: `normalizer.cc` of [SentencePiece](https://github.com/google/sentencepiece), whose trie is that of
/// [Darts-clone](https://github.com/s-yata/darts-clone).
struct CharacterMap: Equatable, Sendable {
  private let units: [UInt32]
  private let replacements: [UInt8]

  /// A table from its bytes; nil for bytes that are none.
  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 4 else { return nil }
    func word(_ at: Int) -> UInt32 {
      (0..<4).reduce(0) { $0 | UInt32(bytes[at + $1]) << (8 * UInt32($1)) }
    }
    let size = Int(word(0))
    guard size > 0, size % 4 == 0, size <= bytes.count - 4 else { return nil }
    units = stride(from: 4, to: 4 + size, by: 4).map(word)
    replacements = Array(bytes[(4 + size)...])
  }

  /// What replaces a text: the replacement of the shortest of its prefixes that has one, as `tokenizers` does; nil
  /// for none.
  func replacement(of text: some Sequence<UInt8>) -> [Unicode.Scalar]? {
    var place = offset(units[0])
    for byte in text {
      if byte == 0 { return nil }
      place ^= Int(byte)
      guard units.indices.contains(place) else { return nil }
      let unit = units[place]
      guard unit & (1 << 31 | 0xFF) == UInt32(byte) else { return nil }
      place ^= offset(unit)
      if unit >> 8 & 1 == 1 {
        guard units.indices.contains(place) else { return nil }
        let start = Int(units[place] & (1 << 31 - 1))
        guard start <= replacements.count else { return nil }
        return Array(
          String(decoding: replacements[start...].prefix { $0 != 0 }, as: UTF8.self).unicodeScalars)
      }
    }
    return nil
  }

  /// The text with its characters replaced: a character with what combines with it as a whole where that has up to
  /// five bytes and a replacement, else each scalar.
  func applied(to text: [Unicode.Scalar]) -> [Unicode.Scalar] {
    var result: [Unicode.Scalar] = []
    result.reserveCapacity(text.count)
    func appendScalar(_ scalar: Unicode.Scalar) {
      if let new = replacement(of: scalar.utf8) {
        result += new
      } else {
        result.append(scalar)
      }
    }
    var start = 0
    while start < text.count {
      // Between two characters of ASCII there is a border, but for a line's end.
      var end = start + 1
      while end < text.count,
        !(text[end - 1].isASCII && text[end].isASCII)
          || (text[end - 1] == "\r" && text[end] == "\n")
      { end += 1 }
      if end == start + 1 {
        appendScalar(text[start])
      } else {
        for character in String(String.UnicodeScalarView(text[start..<end])) {
          if character.utf8.count < 6, let new = replacement(of: character.utf8) {
            result += new
          } else {
            character.unicodeScalars.forEach(appendScalar)
          }
        }
      }
      start = end
    }
    return result
  }

  private func offset(_ unit: UInt32) -> Int { Int((unit >> 10) << ((unit & (1 << 9)) >> 6)) }
}
