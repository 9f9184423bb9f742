/// Makes copies of texts in which something is wrong, the same ones from the same seed.
///
/// Most of them are still well formed, so that they get past the parsers.
public struct Spoiler {
  private var generator: SeededGenerator

  /// Changes that follow from `seed`.
  public init(seed: UInt64) { generator = SeededGenerator(state: seed) }

  /// What stands in a value's place: the ends of the number types and values of other kinds.
  public static let values = [
    "0", "-1", "1", "2", "1000000", "2147483648", "4294967296", "9223372036854775807",
    "-9223372036854775808", "99999999999999999999", "1.7976931348623157e308", "-1e308", "5e-324",
    "1e999", "-1e999", "-0.0", "0.5", "1e-9", "9.6e14", "null", "true", "false", "\"\"", "\"a\"",
    "\"\\u001b[31m\u{202E}\"", "[]", "[1]", "{}", "{\"a\": 1}", "[[[]]]", "nan", "inf", "~",
  ]

  /// `text` with one to three changes.
  public mutating func spoilt(_ text: String) -> String {
    var result = text
    for _ in 0..<Int.random(in: 1...3, using: &generator) { result = changed(result) }
    return result
  }

  /// The content of a safetensors file with one to three changes in its header, whose length is right.
  public mutating func spoiltHeader(_ bytes: [UInt8]) -> [UInt8] {
    let count = bytes[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
    let header = Array(spoilt(String(decoding: bytes[8..<8 + count], as: UTF8.self)).utf8)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
    return length + header + bytes[(8 + count)...]
  }

  /// `bytes` with one to four of them changed.
  public mutating func damaged(_ bytes: [UInt8]) -> [UInt8] {
    var copy = bytes
    for _ in 0..<Int.random(in: 1...4, using: &generator) where !copy.isEmpty {
      let place = Int.random(in: 0..<copy.count, using: &generator)
      copy[place] = UInt8.random(in: 0...255, using: &generator)
    }
    return copy
  }

  private mutating func changed(_ text: String) -> String {
    switch Int.random(in: 0..<8, using: &generator) {
    case 0: return lines(of: text) { $0.remove(at: $1) }
    case 1: return lines(of: text) { $0.insert($0[$1], at: $1) }
    case 2: return lines(of: text) { $0.swapAt($1, $0.count / 2) }
    case 3:
      let bytes = damaged(Array(text.utf8))
      return String(decoding: bytes, as: UTF8.self)
    default: return replacing(text)
    }
  }

  private mutating func lines(
    of text: String, _ change: (inout [Substring], Int) -> Void
  ) -> String {
    var lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    change(&lines, Int.random(in: 0..<lines.count, using: &generator))
    return lines.joined(separator: "\n")
  }

  /// `text` with another value in the place of one of its words and numbers.
  private mutating func replacing(_ text: String) -> String {
    let words = text.split { " \n,:[]{}".contains($0) }
    guard let word = words.randomElement(using: &generator) else { return text }
    // Now and then a value from elsewhere in the text, which has the right kind.
    let other =
      Bool.random(using: &generator)
      ? Self.values.randomElement(using: &generator)
      : words.randomElement(using: &generator).map(String.init)
    return text[..<word.startIndex] + (other ?? "") + text[word.endIndex...]
  }
}
