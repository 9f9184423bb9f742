import Glibc
import RetortTestSupport
import Testing

@testable import RetortFormats

/// Tokenizers of `tokenizer.json`, against the ids that Hugging Face's `tokenizers` gives to mixed Unicode text.
@Suite struct SubwordTests {
  /// Where `subwords.py` has written the tokenizers and the ids.
  private static let folder =
    getenv("RETORT_SUBWORDS").map { String(cString: $0) } ?? Goldens.folder + "/tokenizer/subwords"
  private static let names = [
    "gpt2", "roberta", "split", "clip", "llama", "plain", "xlm-roberta", "albert", "t5", "whole",
    "wordpiece",
  ]

  @Test(arguments: names) func theIdsAreHuggingFaces(_ name: String) throws {
    let recorded = try JSONValue.read(Self.folder + "/cases.json", limit: 1 << 26)
    let length = try #require(recorded["length"]?.int)
    let texts = try #require(recorded["texts"]?.array).compactMap(\.string)
    let ids = try #require(recorded["ids"]?[name]?.array)
    let tokenizer = try TokenizerFile.read("\(Self.folder)/\(name).json")
    #expect(texts.count >= 240 && ids.count == texts.count)
    var different = 0
    for (text, wanted) in zip(texts, ids) {
      let found = tokenizer.encode(text, length: length).map { Int($0) }
      if found != wanted.array?.compactMap(\.int) {
        different += 1
        Issue.record("\(text.debugDescription.prefix(200))")
      }
      #expect(found.allSatisfy { $0 < tokenizer.count })
    }
    #expect(different == 0)
  }

  /// A tokenizer and a copy read from its own bytes are equal, others are not.
  @Test func equalFilesAreEqualTokenizers() throws {
    let all = try Self.names.map { try TokenizerFile.read("\(Self.folder)/\($0).json") }
    for (place, tokenizer) in all.enumerated() {
      let copy = try TokenizerFile.parse(try #require(tokenizer.file), path: "copy.json")
      #expect(copy == tokenizer)
      #expect(all.indices.filter { all[$0] == tokenizer } == [place])
      #expect(tokenizer.list == nil, "none is BERT's")
    }
    #expect(all[1].padding == 1 && all[6].padding == 1 && all[7].padding == 0)
  }

  private static let faults: [(name: String, old: String, new: String, says: String)] = [
    ("gpt2", "\"type\":\"BPE\"", "\"type\":\"WordLevel\"", "model: WordLevel"),
    ("gpt2", "\"dropout\":null", "\"dropout\":0.1", "model.dropout: 0.1"),
    ("gpt2", "\"fuse_unk\":false", "\"odd\":false", "model: key 'odd' is not supported"),
    ("gpt2", "\"merges\":[[", "\"merges\":[[\"\u{E9}\",\"x\"],[", "model.merges[0]"),
    ("gpt2", "\"type\":\"ByteLevel\"", "\"type\":\"Thai\"", "pre_tokenizer: Thai"),
    ("gpt2", "\"use_regex\":true", "\"use_regex\":7", "pre_tokenizer.use_regex"),
    ("roberta", "RobertaProcessing", "Odd", "post_processor: Odd"),
    ("roberta", "\"id\":0,", "\"id\":-1,", "added_tokens[0].id"),
    ("split", "\"type\":\"NFC\"", "\"type\":\"Odd\"", "normalizer: Odd"),
    ("split", "(?i:", "(?<=a)(?i:", "pretokenizers[0].pattern: '(?<'"),
    ("split", "{1,3}", "{1,3}+", "the possessive '{1,3}+'"),
    ("split", "Isolated", "Odd", "pretokenizers[0].behavior"),
    (
      "xlm-roberta", "precompiled_charsmap\":\"", "precompiled_charsmap\":\"$",
      "precompiled_charsmap"
    ),
    ("xlm-roberta", "\"unk_id\":3", "\"unk_id\":30000", "model.unk_id"),
    ("xlm-roberta", "[\"<s>\",0.0]", "[\"<pad>\",0.0]", "model.vocab: '<pad>' stands twice"),
    (
      "xlm-roberta", "\"prepend_scheme\":\"always\"", "\"prepend_scheme\":\"odd\"", "prepend_scheme"
    ),
  ]

  @Test(arguments: faults)
  func whatIsNotSupportedIsNamed(_ name: String, _ old: String, _ new: String, _ says: String)
    throws
  {
    let path = "\(Self.folder)/\(name).json"
    let text = String(decoding: try FileBytes.read(path), as: UTF8.self)
    let changed = text.replacing(old, with: new)
    #expect(changed != text)
    let error = #expect(throws: FormatError.self) {
      _ = try TokenizerFile.parse(Array(changed.utf8), path: "tokenizer.json")
    }
    #expect(error?.description.contains(says) == true, "\(error!)")
  }

  /// Damaged files are refused or give ids below their count.
  @Test(arguments: ["roberta", "albert", "llama"]) func damageIsSurvived(_ name: String) throws {
    let bytes = try FileBytes.read("\(Self.folder)/\(name).json")
    let refused = feedDamaged(bytes, seed: 13, rounds: 150) { (bytes) throws(FormatError) in
      let tokenizer = try TokenizerFile.parse(bytes, path: "damaged")
      let ids = tokenizer.encode(
        "don't <mask> the \u{C9} 中! \u{301}123 internationalisation", length: 64)
      #expect(ids.allSatisfy { $0 >= 0 && $0 < tokenizer.count })
    }
    #expect(refused > 10)
  }

  /// A letter with an accent and one accented letter are keys of their own.
  @Test func keysAreToldApartByScalars() throws {
    let json = try JSONValue.parse(
      Array("{\"\u{E9}\": 1, \"e\u{301}\": 2}".utf8)[...], path: "keys.json")
    #expect(json.members?.count == 2)
  }

  private func matches(_ pattern: String, _ text: String) throws -> [String] {
    let scalars = Array(text.unicodeScalars)
    return try TextPatternParser.pattern(pattern).matches(in: scalars[...]).map {
      String(String.UnicodeScalarView(scalars[$0]))
    }
  }

  /// Each of these has so many ways through the text that trying all of them would take years.
  @Test(.timeLimit(.minutes(1))) func noPatternTakesLong() throws {
    func times(_ part: String, _ count: Int) -> String { String(repeating: part, count: count) }
    let text = times("a", 101) + "b"
    #expect(try matches(times("(?:a|aa)", 50) + "b", text) == [times("a", 100) + "b"])
    #expect(try matches(times("(?:a|a)", 60) + "c", text) == [])
    #expect(try matches(times("a*", 30) + "c", text) == [])
    #expect(try matches("(?=" + times("a*", 30) + "c)a|b", text) == ["b"])
    #expect(try matches(times("a?", 60) + times("a", 60), text) == [times("a", 101)])
  }

  @Test func patternsMatchAsInPerl() throws {
    #expect(try matches("ab|a|b+", "abba") == ["ab", "b", "a"])
    #expect(try matches("a{2,3}?", "aaaaa") == ["aa", "aa"])
    #expect(try matches("[^a-c]+", "abcdefa") == ["def"])
    #expect(try matches(#"\s+(?!\S)|\s+"#, "a   b ") == ["  ", " ", " "])
    #expect(try matches("(?i:'S)x?", "it's 'sx") == ["'s", "'sx"])
    #expect(try matches("(?:ab|cd)?e", "abecdee") == ["abe", "cde", "e"])
    #expect(try matches("^a|a$", "aaa") == ["a", "a"])
    #expect(try matches(#"\p{Lu}\p{^Lu}*"#, "AbcDe\u{C9}f") == ["Abc", "De", "\u{C9}f"])
  }
}
