import RetortFormats
import Testing

@Suite struct WordPieceTests {
  private static let folder =
    "/" + #filePath.split(separator: "/").dropLast(2).joined(separator: "/") + "/Goldens/tokenizer"
  private static let file = folder + "/vocab.txt"

  @Test(arguments: [("cased", false), ("uncased", true)])
  func theIdsAreHuggingFaces(_ name: String, _ lowercase: Bool) throws {
    let tokenizer = Tokenizer(try Vocabulary.read(Self.file), lowercase: lowercase)
    let recorded = try JSONValue.read(Self.folder + "/wordpiece.json", limit: 1 << 20)
    let length = try #require(recorded["length"]?.int)
    let cases = try #require(recorded["cases"]?.array)
    #expect(cases.count == 84)
    for item in cases {
      let text = try #require(item["text"]?.string)
      let ids = try #require(item[name]?.array).compactMap(\.int)
      let found = tokenizer.encode(text, length: length).map { Int($0) }
      #expect(found == ids, "\(text.debugDescription)")
    }
  }

  @Test func whatDoesNotFitIsLeftOut() throws {
    let vocabulary = try Vocabulary.read(Self.file)
    let tokenizer = Tokenizer(vocabulary, lowercase: true)
    let all = tokenizer.encode("unbelievable [SEP] the house", length: 100)
    #expect(
      all.map { vocabulary.tokens[Int($0)] }
        == ["[CLS]", "un", "##believ", "##able", "[SEP]", "the", "house", "[SEP]"])
    for length in 2..<all.count {
      let ids = tokenizer.encode("unbelievable [SEP] the house", length: length)
      #expect(ids == all.prefix(length - 1) + [vocabulary.separator], "\(length)")
    }
  }

  @Test func aVocabularyIsWrittenAsItWasRead() throws {
    let bytes = try FileBytes.read(Self.file)
    #expect(try Vocabulary.parse(bytes[...], path: "damaged").encoded == bytes)
    let crossed = Array(String(decoding: bytes, as: UTF8.self).replacing("\n", with: "\r\n").utf8)
    #expect(try Vocabulary.parse(crossed[...], path: "damaged").encoded == bytes)
  }

  /// An accented letter and a letter with an accent behind it are two tokens, though Swift calls the
  /// strings equal.
  @Test func tokensAreToldApartByScalars() throws {
    let vocabulary = try Vocabulary(
      ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "\u{E9}", "e\u{301}"], path: "damaged")
    let tokenizer = Tokenizer(vocabulary, lowercase: false)
    #expect(tokenizer.encode("\u{E9} e\u{301}", length: 9) == [2, 4, 5, 3])
  }

  private static let start = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n"
  private static let faults: [(text: String, says: String)] = [
    ("", "the file is empty. Check that this is the right file."),
    ("[PAD]\n[CLS]\n[SEP]\na", "token '[UNK]' is missing. "),
    ("[UNK]\n[CLS]\n[SEP]\na", "token '[PAD]' is missing. "),
    ("[UNK]\n[CLS]\n[PAD]\n[SEP]", "token '[PAD]' stands in line 3, not in the first. "),
    (start + "a\nb\na\n", "line 7: token 'a' stands in line 5 already. "),
    (start + "a\r\n\r\nb", "line 6: there is no token in it. "),
    (start + "a\n\n", "line 6: there is no token in it. "),
  ]

  @Test(arguments: faults) func faultsOfAVocabularyAreNamed(_ text: String, _ says: String) {
    let error = #expect(throws: FormatError.self) {
      try Vocabulary.parse(Array(text.utf8)[...], path: "vocab.txt")
    }
    #expect(error?.description.hasPrefix("vocab.txt: \(says)") == true, "\(error!)")
    guard says.contains("token") else { return }
    let wayOut =
      "A vocabulary has one token a line, each once: [PAD] first, [UNK], [CLS] and [SEP] anywhere."
    #expect(error?.description.hasSuffix(wayOut) == true, "\(error!)")
  }

  /// Damaged vocabularies are refused or give ids that they have.
  @Test func damageIsSurvived() throws {
    let bytes = Array((Self.start + "the\nun\n##able\n\u{E9}\n中\n").utf8)
    let refused = feedDamaged(bytes, seed: 11, rounds: 3000) { (bytes) throws(FormatError) in
      let vocabulary = try Vocabulary.parse(bytes[...], path: "damaged")
      let ids = Tokenizer(vocabulary, lowercase: true).encode("the unable \u{C9} 中!", length: 12)
      #expect(ids.allSatisfy { vocabulary.tokens.indices.contains(Int($0)) })
    }
    #expect(refused > 1000)
  }

  /// Damaged texts have ids all the same, at most as many as asked for.
  @Test func anyTextHasIds() throws {
    let vocabulary = try Vocabulary.read(Self.file)
    let text = Array("the Caf\u{E9} [SEP] 中文, unbelievable! \u{1112}\u{1161} \u{200D}e\u{301}".utf8)
    for lowercase in [false, true] {
      let tokenizer = Tokenizer(vocabulary, lowercase: lowercase)
      feedDamaged(text, seed: 12, rounds: 2000) { (bytes) throws(FormatError) in
        let ids = tokenizer.encode(String(decoding: bytes, as: UTF8.self), length: 16)
        #expect(ids.count <= 16 && ids.first == vocabulary.classification)
        #expect(ids.last == vocabulary.separator)
      }
    }
  }
}
