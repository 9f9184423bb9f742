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
      "line 2: the label is empty. Write a label, or remove the line."
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

  private func texts(
    _ text: String, _ path: String, _ columns: TextColumns = TextColumns()
  ) throws(FormatError) -> [LabelledText] {
    try LabelledText.parse(Array(text.utf8)[...], path: path, columns: columns)
  }

  @Test func commasAndQuotationMarks() throws {
    let table = "a,x\r\n\"b, \"\"c\"\"\nd\",y\n\n \" e\",z\n"
    #expect(
      try texts(table, "t.csv") == [
        LabelledText(text: "a", label: "x", line: 1),
        LabelledText(text: "b, \"c\"\nd", label: "y", line: 2),
        LabelledText(text: " \" e\"", label: "z", line: 5),
      ])
    let open = #expect(throws: FormatError.self) { try texts("a,x\nb,\"y\n", "t.csv") }
    #expect("\(open!)".hasPrefix("t.csv: line 2: a quotation mark that is not closed"))
    let three = #expect(throws: FormatError.self) { try texts("a,x\nb,y,z\n", "t.csv") }
    #expect("\(three!)".hasPrefix("t.csv: line 2: a line of 3 columns is not supported."))
  }

  @Test func headingsNameColumns() throws {
    let table = "id,label,text\n7,x,one\n8,y,\"two, three\"\n"
    let expected = [
      LabelledText(text: "one", label: "x", line: 2),
      LabelledText(text: "two, three", label: "y", line: 3),
    ]
    #expect(try texts(table, "t.csv") == expected)
    let other = table.replacing("label", with: "stars").replacing("text", with: "review")
    let columns = TextColumns(text: "review", label: "stars")
    #expect(try texts(other, "t.csv", columns) == expected)
    let tabs = "stars\treview\nx\tone\ny\t\"two\n"
    #expect(try texts(tabs, "t.tsv", columns).map(\.text) == ["one", "\"two"])
    for (columns, path) in [
      (TextColumns(), "t.csv"), (TextColumns(text: "a", label: nil), "t.tsv"),
    ] {
      let error = #expect(throws: FormatError.self) { try texts(other, path, columns) }
      #expect("\(error!)".contains("line 1: a heading of"), "\(error!)")
    }
    let short = #expect(throws: FormatError.self) { try texts("text,id,label\na,1\n", "t.csv") }
    #expect("\(short!)".contains("line 2: a line of 2 columns"))
  }

  @Test func linesOfJSON() throws {
    let lines =
      "{\"text\": \"a\\nb\", \"label\": 3}\n\n{\"label\": true, \"more\": [], \"text\": \"c\"}\n"
    #expect(
      try texts(lines, "t.jsonl") == [
        LabelledText(text: "a\nb", label: "3", line: 1),
        LabelledText(text: "c", label: "true", line: 3),
      ])
    func message(_ text: String, _ columns: TextColumns = TextColumns()) -> String {
      do { _ = try texts(text, "t.jsonl", columns) } catch { return "\(error)" }
      return "none"
    }
    #expect(message("[1]").hasPrefix("t.jsonl: line 1: must be an object, is an array."))
    #expect(message("{\"text\": 1}").hasPrefix("t.jsonl: line 1: 'label' is missing."))
    #expect(message("{\"text\": 1, \"label\": []}").contains("line 1, label: must be a string"))
    #expect(message("{\"text\": 1, \"label\": \" \"}").contains("line 1: the label is empty."))
    #expect(message("{").hasPrefix("t.jsonl: line 1: byte"))
    #expect(message("{\"a\": 1}", TextColumns(text: "a", label: "b")).contains("'b' is missing"))
    #expect(LabelledText.isTable("A.NDJSON") && !LabelledText.isTable("a.json"))
  }
}
