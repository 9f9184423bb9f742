import Foundation
import RetortFormats

/// Labelled texts of three classes, few and short, with a vocabulary.
package enum SmallTexts {
  /// The classes in the order of their numbers.
  package static let classNames = ["food", "sport", "weather"]

  /// Calls `body` with a folder of its own that has the files, and removes it.
  package static func withFolder(_ body: (String) throws -> Void) throws {
    let home = try temporaryFolder().path
    defer { try? FileManager.default.removeItem(atPath: home) }
    try write(to: home)
    try body(home)
  }

  /// Writes `train.tsv` with 48 texts, `test.tsv` with 21, and `vocab.txt` to `folder`, which is made; and
  /// `pairs.tsv` with 48 pairs of texts, `test-pairs.tsv` with 12.
  ///
  /// Each class has words of its own, among others that all have; some words take several tokens. The texts of a
  /// pair share a word of one class and one of another, which no other of the 12 does.
  package static func write(to folder: String) throws {
    try AtomicFile.makeDirectories(folder)
    try AtomicFile.write(lines(48, from: 0), to: folder + "/train.tsv")
    try AtomicFile.write(lines(21, from: 100), to: folder + "/test.tsv")
    try AtomicFile.write(pairs(48, spread: 5), to: folder + "/pairs.tsv")
    try AtomicFile.write(pairs(12, spread: 1), to: folder + "/test-pairs.tsv")
    let pieces = ["##s", "##ing", "##y", "##ed"]
    let tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"] + common + words.joined() + pieces
    try AtomicFile.write(Array(tokens.map { $0 + "\n" }.joined().utf8), to: folder + "/vocab.txt")
  }

  private static let common = ["the", "a", "was", "very", "good", "today", ",", "."]
  private static let words = [
    ["soup", "bread", "cook", "salt"], ["goal", "match", "team", "play"],
    ["rain", "wind", "cloud", "storm"],
  ]

  /// Texts with their labels, class by class in turn.
  private static func lines(_ count: Int, from start: Int) -> [UInt8] {
    let endings = ["", "s", "ing", "y", "ed"]
    let lines = (start..<start + count).map { number in
      let own = words[number % 3]
      let first = own[number / 3 % 4] + endings[number % 5]
      let second = own[(number / 3 + 1 + number / 12) % 4]
      let between = (0..<number % 4).map { common[($0 * 5 + number) % 6] }
      let text = (["The", first] + between + [second]).joined(separator: " ") + "."
      return "\(text)\t\(classNames[number % 3])\n"
    }
    return Array(lines.joined().utf8)
  }

  /// Pairs of texts with two words in common.
  private static func pairs(_ count: Int, spread: Int) -> [UInt8] {
    let lines = (0..<count).map { number in
      let place = number * spread
      let (first, second) = (
        words[place % 3][place / 3 % 4], words[(place + 1) % 3][(place / 3 + place / 12) % 4]
      )
      let between = common[(number * 3 + number / 6) % 6]
      return "\(first) \(second)\tThe \(second) \(between) \(first).\n"
    }
    return Array(lines.joined().utf8)
  }
}
