import Testing

@testable import RetortFormats

@Suite struct LabelledTextTests {
  private func parse(_ bytes: [UInt8]) throws(FormatError) -> [LabelledText] {
    try LabelledText.parse(bytes[...], path: "damaged")
  }

  @Test func textsAndLabelsAreTakenAsTheyAre() throws {
    let bytes = Array("a \"b\"\\tc\tgood\r\n\n \t \n\tbad \n  caf\u{E9} \tgood".utf8)
    #expect(
      try parse(bytes) == [
        LabelledText(text: "a \"b\"\\tc", label: "good", line: 1),
        LabelledText(text: "", label: "bad ", line: 4),
        LabelledText(text: "  caf\u{E9} ", label: "good", line: 5),
      ])
  }

  @Test func filesMayHaveAMarkAndMustBeUTF8() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/texts.tsv"
    try AtomicFile.write(Array("\u{FEFF}a\tx\n".utf8), to: path)
    #expect(try LabelledText.read(path) == [LabelledText(text: "a", label: "x", line: 1)])
    #expect(throws: FormatError.self) { try LabelledText.read(path, limit: 3) }
    try AtomicFile.write([0xFF, 0xFE, 0x61, 0, 0x09, 0, 0x78, 0], to: path)
    let error = #expect(throws: FormatError.self) { try LabelledText.read(path) }
    #expect(
      error?.fault
        == .unsupported(what: "UTF-16", supported: "UTF-8; save the file in that encoding"))
  }

  private static let faults: [(bytes: [UInt8], says: String)] = [
    ([], "the file is empty. Check that this is the right file."),
    (Array("\n \n\t\n".utf8), "the file is empty. Check that this is the right file."),
    (
      Array("a\tx\nno label\n".utf8),
      "line 2: no tab stands between a text and its label. "
        + "Each line must be a text, a tab and a label."
    ),
    (
      Array("a\tx\r\n\r\nb\tx\ty".utf8),
      "line 3: 3 columns, not two. Each line must be a text, a tab and a label."
    ),
    (
      Array("a\tx\nb\t\n".utf8),
      "line 2: the label is empty. Write a label behind the tab, or remove the line."
    ),
    (Array("b\t \r\n".utf8), "line 1: the label is empty. "),
    (
      Array("a\tx\ncaf".utf8) + [0xE9, 0x09, 0x78],
      "line 2: not UTF-8 text. Save the file as UTF-8."
    ),
  ]

  @Test(arguments: faults) func faultsAreNamedWithTheirLine(_ bytes: [UInt8], _ says: String) {
    let error = #expect(throws: FormatError.self) { try parse(bytes) }
    #expect(error?.description.hasPrefix("damaged: \(says)") == true, "\(error!)")
  }

  @Test func damageIsSurvived() {
    let bytes = Array("first text\tone\r\nsecond caf\u{E9}\ttwo\n\nthird\tone\n".utf8)
    let refused = feedDamaged(bytes, seed: 13, rounds: 5000) { (bytes) throws(FormatError) in
      let examples = try parse(bytes)
      #expect(examples.allSatisfy { !$0.label.isEmpty && $0.line >= 1 })
    }
    #expect(refused > 1000)
    for count in bytes.indices { _ = try? parse(Array(bytes[..<count])) }
  }
}
