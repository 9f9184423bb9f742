import RetortCore
import RetortFormats
import RetortNN
import RetortTestSupport
import Testing

@testable import RetortData

@Suite struct TextDatasetTests {
  private static func tokenizer() throws -> Tokenizer {
    Tokenizer(
      try Vocabulary(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b", "##c"], path: "vocab.txt"),
      lowercase: true)
  }

  private static func dataset() throws -> TextDataset {
    TextDataset(
      name: "texts", texts: ["A bc", "", "a a a a a a"], labels: [1, 0, 1],
      classNames: ["x", "y"], tokenizer: try tokenizer(), length: 6)
  }

  @Test func textsAreFilledUpAndMasked() throws {
    let dataset = try Self.dataset()
    #expect(dataset.fields == ExampleSpec.tokens(length: 6, vocabulary: 7).fields)
    var tokens = [Int32](repeating: -9, count: 19)
    var mask = [Int32](repeating: -9, count: 19)
    var labels: [Int32] = [-9, -9, -9]
    let batch = PlannedBatch(step: 0, start: .init(), following: .init(), indices: [0, 2, 1])
    let loader = BatchLoader(
      dataset: dataset, pipeline: ExampleSpec.tokens(length: 6, vocabulary: 7).pipeline())
    try tokens.withUnsafeMutableBytes { tokens in
      try mask.withUnsafeMutableBytes { mask in
        try labels.withUnsafeMutableBufferPointer { labels in
          try loader.load(batch, fields: [tokens, mask], labels: labels)
        }
      }
    }
    #expect(tokens == [2, 4, 5, 6, 3, 0] + [2, 4, 4, 4, 4, 3] + [2, 3, 0, 0, 0, 0] + [-9])
    #expect(mask == [1, 1, 1, 1, 1, 0] + [1, 1, 1, 1, 1, 1] + [1, 1, 0, 0, 0, 0] + [-9])
    #expect(labels == [1, 1, 0])
  }

  @Test func aChoiceIsTheSameTexts() throws {
    let all = try Self.dataset()
    let two = all.subset([2, 0], name: "two")
    #expect(two.name == "two" && two.labels == [1, 1] && two.classNames == all.classNames)
    #expect(two.subset([1], name: all.name) == all.subset([0]))
    #expect(all.subset([0, 1, 2]) == all)
  }

  private func files(_ body: (String, LabelledTextFiles) throws -> Void) throws {
    try SmallTexts.withFolder { home in
      var files = LabelledTextFiles()
      (files.training, files.test) = (home + "/train.tsv", home + "/test.tsv")
      (files.encoding.vocabulary, files.encoding.length) = (home + "/vocab.txt", 12)
      try body(home, files)
    }
  }

  @Test func filesBecomeADataset() throws {
    try files { home, files in
      let parts = try files.load()
      #expect(parts.training.count == 48 && parts.test.count == 21)
      #expect(parts.training.classNames == SmallTexts.classNames)
      #expect(parts.test.classNames == SmallTexts.classNames)
      #expect(parts.training.classCounts == [16, 16, 16])
      #expect(parts.examples == .tokens(length: 12, vocabulary: 29))
      #expect(files.examples == parts.examples, "known before anything else is read")
      #expect(files.classCount == nil && files.files.count == 3)
      #expect(parts.tokenizer?.ignoresCase == true)
      var brief = files
      brief.shortenPaths()
      #expect(brief.files == ["train.tsv", "test.tsv", "vocab.txt"])
    }
    #expect(LabelledTextFiles().examples == .tokens(length: 128, vocabulary: 30_522))
  }

  private static let wrong: [(training: String?, test: String?, says: String)] = [
    (
      nil, "a\tfood\n\na\tsports\n",
      "odd.tsv: line 3: no training example is of class 'sports'. Did you mean 'sport'?"
    ),
    (
      "a\tfood\nb\tfood\n", nil,
      "the number of classes in odd.tsv is 1, must be at least 2."
    ),
    (
      "a food\n", nil,
      "odd.tsv: line 1: no tab stands between a text and its label. "
        + "Each line must be a text, a tab and a label."
    ),
  ]

  @Test(arguments: wrong)
  func labelsAreChecked(_ training: String?, _ test: String?, _ says: String) throws {
    try files { home, files in
      var files = files
      let odd = home + "/odd.tsv"
      try AtomicFile.write(Array((training ?? test ?? "").utf8), to: odd)
      if training != nil { files.training = odd } else { files.test = odd }
      let error = #expect(throws: DataError.self) { try files.load() }
      #expect("\(error!)".replacing(home + "/", with: "") == says)
    }
  }

  @Test func absentFilesAreNamed() throws {
    try files { home, files in
      for path in [\LabelledTextFiles.training, \.test, \.encoding.vocabulary] {
        var files = files
        files[keyPath: path] = home + "/none"
        let error = #expect(throws: DataError.self) { try files.load() }
        #expect("\(error!)".hasPrefix("\(home)/none: open failed: No such file"))
      }
    }
    #expect(throws: DataError.self) { try LabelledTextFiles().load() }
  }

  @Test func textsWithoutLabelsAreLines() throws {
    try SmallTexts.withFolder { home in
      let (lines, table) = (home + "/lines.txt", home + "/table.TSV")
      try AtomicFile.write(Array("\u{FEFF}one\r\n\n three\tx".utf8), to: lines)
      try AtomicFile.write(Array("one\tx\n\nthree\ty\n".utf8), to: table)
      #expect(try UnlabelledTexts(lines).texts == ["one", "", " three\tx"])
      #expect(try UnlabelledTexts(table).texts == ["one", "three"])
      try PNGImage(width: 1, height: 1, channels: 1, pixels: [0]).write(to: home + "/a.png")
      let error = #expect(throws: FormatError.self) { try UnlabelledTexts(home + "/a.png") }
      #expect(
        error?.description
          == "\(home)/a.png: a picture is not supported. Supported: text, one a line.")
    }
  }
}
