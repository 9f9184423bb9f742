import RetortCPU
import RetortCore
import RetortFormats
import RetortNN
import RetortTestSupport
import Testing

@testable import RetortData

/// Pairs of texts: what they are to models, and where they come from.
@Suite struct TextPairsTests {
  private static func pairs() throws -> TextPairs {
    let tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "a", "b", "c"]
    return TextPairs(
      name: "pairs", [("a", "b c"), ("b", "a"), ("c", "c c c c")],
      tokenizer: Tokenizer(try Vocabulary(tokens, path: "vocab.txt"), lowercase: true), length: 5)
  }

  /// The texts of a batch of pairs are rows, a query before its document.
  @Test func pairsAreRowsOfABatch() throws {
    let pairs = try Self.pairs()
    #expect(pairs.count == 3 && pairs.parts == 2 && pairs.classCounts == [3])
    #expect(pairs.fields.map(\.shape) == [[2, 5], [2, 5]])
    let graph = Graph()
    let example = ExampleSpec.tokens(length: 5, vocabulary: 7).pipeline()
      .example(pairs.fields.map { $0.input(in: graph, batch: 2) }, drawn: [])
    #expect(example.x.shape == [4, 5] && example["mask"]?.shape == [4, 5])
    let program = try Session(CPUBackend()).compile(
      graph, outputs: example.fields.map { $0.value.toFloat() })
    for field in 0..<2 {
      var bytes = [UInt8](repeating: 0, count: 2 * pairs.fields[field].byteCount)
      try bytes.withUnsafeMutableBytes { bytes in
        for (slot, index) in [2, 0].enumerated() {
          let size = pairs.fields[field].byteCount
          try pairs.write(
            index, field: field,
            into: UnsafeMutableRawBufferPointer(rebasing: bytes[slot * size..<(slot + 1) * size]))
        }
        try program.setInput(field, UnsafeRawBufferPointer(bytes))
      }
    }
    try program.run()
    #expect(
      try program.floats(0) == [2, 6, 3, 0, 0, 2, 6, 6, 6, 3, 2, 4, 3, 0, 0, 2, 5, 6, 3, 0])
    #expect(
      try program.floats(1) == [1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0])
  }

  @Test func aChoiceIsOfWholePairs() throws {
    let pairs = try Self.pairs()
    let two = pairs.subset([2, 0], name: "two")
    #expect(
      two.name == "two" && two.count == 2 && two.subset([1], name: "pairs") == pairs.subset([0]))
    let (rest, held) = try pairs.holdingOut(1, seed: 3)
    #expect(rest.count == 2 && held.count == 1)
  }

  @Test func ownFilesBecomeADataset() throws {
    try SmallTexts.withFolder { home in
      var files = TextPairFiles()
      (files.training, files.test) = (home + "/pairs.tsv", home + "/test-pairs.tsv")
      (files.encoding.vocabulary, files.encoding.length) = (home + "/vocab.txt", 10)
      let parts = try files.load()
      #expect(parts.training.count == 48 && parts.test.count == 12 && parts.training.parts == 2)
      #expect(parts.examples == .tokens(length: 10, vocabulary: 29) && files.outputs == .vectors)
      files.shortenPaths()
      #expect(files.files == ["pairs.tsv", "test-pairs.tsv", "vocab.txt"])
    }
    #expect(throws: DataError.self) { try TextPairFiles().load() }
  }

  /// The test pairs are others than those to learn from, and always the same.
  @Test func packagesBecomeADataset() throws {
    try SmallTexts.withFolder { home in
      let text = (0..<9).map { "Description-en: short \($0)\n Long text \($0).\n\n" }.joined()
      try AtomicFile.write(Array(text.utf8), to: home + "/Translation-en")
      var packages = DebianDescriptions()
      (packages.file, packages.testCount) = (home + "/Translation-en", 4)
      packages.encoding.vocabulary = home + "/vocab.txt"
      let (parts, again) = (try packages.load(), try packages.load())
      #expect(parts.training.count == 5 && parts.test.count == 4)
      #expect(parts.test as? TextPairs == again.test as? TextPairs)
      packages.testCount = 9
      #expect(throws: DataError.tooFewExamples(wanted: 10, available: 9, className: nil)) {
        try packages.load()
      }
      packages.test = home + "/questions.pod"
      try AtomicFile.write(Array("=head2 A b?\n\nC.\n".utf8), to: home + "/questions.pod")
      let other = try packages.load()
      #expect(other.training.count == 9 && other.test.count == 1)
      packages.test = home + "/none"
      #expect(throws: DataError.self) { try packages.load() }
      packages.shortenPaths()
      #expect(packages.files == ["Translation-en", "none", "vocab.txt"])
    }
    #expect(throws: DataError.self) { try DebianDescriptions().load() }
  }
}
