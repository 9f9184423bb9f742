extension TokenizerFile {
  /// What the normalizer `part` does, in order.
  static func normalizers(_ part: TokenizerPart) throws(FormatError) -> [TextNormalizer] {
    switch part.type {
    case "Sequence":
      try part.knows("normalizers")
      var all: [TextNormalizer] = []
      for item in try part.list("normalizers") { all += try normalizers(item) }
      return all
    case "BertNormalizer":
      try part.knows("clean_text", "handle_chinese_chars", "strip_accents", "lowercase")
      let lowercase = try part.bool("lowercase", or: true)
      var all: [TextNormalizer] = []
      if try part.bool("clean_text", or: true) { all.append(.cleanText) }
      if try part.bool("handle_chinese_chars", or: true) { all.append(.spaceChinese) }
      if try part.bool("strip_accents", or: lowercase) {
        all += [.normalForm(composed: false, compatible: false), .dropMarks]
      }
      return lowercase ? all + [.lowercase] : all
    case "NFC", "NFD", "NFKC", "NFKD":
      try part.knows()
      return [
        .normalForm(composed: part.type.hasSuffix("C"), compatible: part.type.contains("K"))
      ]
    case "Lowercase":
      try part.knows()
      return [.lowercase]
    case "StripAccents":
      try part.knows()
      return [.stripAccents]
    case "Nmt":
      try part.knows()
      return [.translation]
    case "ByteLevel":
      try part.knows("add_prefix_space", "trim_offsets", "use_regex")
      return [.bytes]
    case "Strip":
      try part.knows("strip_left", "strip_right")
      return [
        .strip(
          left: try part.bool("strip_left", or: true), right: try part.bool("strip_right", or: true)
        )
      ]
    case "Replace":
      try part.knows("pattern", "content")
      return [
        .replace(try part.pattern("pattern"), Array(try part.text("content").unicodeScalars))
      ]
    case "Prepend":
      try part.knows("prepend")
      return [.prepend(Array(try part.text("prepend").unicodeScalars))]
    case "Precompiled":
      try part.knows("precompiled_charsmap")
      guard let bytes = Base64.decoded(try part.text("precompiled_charsmap")),
        let map = CharacterMap(bytes)
      else { throw part.wrong("precompiled_charsmap", "SentencePiece's table in base64") }
      return [.map(map)]
    default:
      throw part.unsupported(
        nil, part.type.isEmpty ? "a normalizer of no type" : part.type,
        supported: "BertNormalizer, Lowercase, NFC, NFD, NFKC, NFKD, Nmt, Precompiled, Prepend, "
          + "Replace, Sequence, Strip, StripAccents and ByteLevel")
    }
  }

  /// How the pre-tokenizer `part` splits, in order.
  static func preTokenizers(_ part: TokenizerPart) throws(FormatError) -> [PreTokenizer] {
    switch part.type {
    case "Sequence":
      try part.knows("pretokenizers")
      var all: [PreTokenizer] = []
      for item in try part.list("pretokenizers") { all += try preTokenizers(item) }
      return all
    case "BertPreTokenizer":
      try part.knows()
      return [.bert]
    case "ByteLevel":
      try part.knows("add_prefix_space", "trim_offsets", "use_regex")
      var all: [PreTokenizer] = []
      if try part.bool("add_prefix_space", or: true) { all.append(.addSpace) }
      if try part.bool("use_regex", or: true) {
        all.append(.split(bytePairWords, .isolated, inverted: false))
      }
      return all + [.bytes]
    case "Metaspace": return [try metaspace(part)]
    case "Whitespace":
      try part.knows()
      return [.split(words, .removed, inverted: true)]
    case "WhitespaceSplit":
      try part.knows()
      return [.splitClass(.space, .removed)]
    case "Punctuation":
      try part.knows("behavior")
      return [.splitClass(.punctuation, try behavior(part, or: .isolated))]
    case "Digits":
      try part.knows("individual_digits")
      return [
        .splitClass(
          .number, try part.bool("individual_digits", or: false) ? .isolated : .contiguous)
      ]
    case "CharDelimiterSplit":
      try part.knows("delimiter")
      let delimiter = String(try part.character("delimiter"))
      return [.split(TextPattern(literal: delimiter), .removed, inverted: false)]
    case "Split":
      try part.knows("pattern", "behavior", "invert")
      return [
        .split(
          try part.pattern("pattern"), try behavior(part, or: nil),
          inverted: try part.bool("invert", or: false))
      ]
    default:
      throw part.unsupported(
        nil, part.type.isEmpty ? "a pre-tokenizer of no type" : part.type,
        supported: "BertPreTokenizer, ByteLevel, CharDelimiterSplit, Digits, Metaspace, "
          + "Punctuation, Sequence, Split, Whitespace and WhitespaceSplit")
    }
  }

  private static func metaspace(_ part: TokenizerPart) throws(FormatError) -> PreTokenizer {
    try part.knows("replacement", "prepend_scheme", "split", "add_prefix_space", "str_rep")
    var prepends = PreTokenizer.Prepending.always
    if let name = part.json["prepend_scheme"]?.string {
      guard let found = PreTokenizer.Prepending(rawValue: name) else {
        throw part.wrong("prepend_scheme", "always, first or never")
      }
      prepends = found
    }
    if try !part.bool("add_prefix_space", or: true) { prepends = .never }
    return .metaspace(
      try part.character("replacement"), prepends: prepends,
      splits: try part.bool("split", or: true))
  }

  private static func behavior(
    _ part: TokenizerPart, or usual: PreTokenizer.Behavior?
  ) throws(FormatError) -> PreTokenizer.Behavior {
    if let usual, part.json["behavior"] == nil { return usual }
    guard let found = PreTokenizer.Behavior(rawValue: try part.text("behavior")) else {
      throw part.wrong(
        "behavior", PreTokenizer.Behavior.allCases.map(\.rawValue).joined(separator: ", "))
    }
    return found
  }

  /// GPT-2's words: contractions, letters, numbers or other signs with a space before them, and white space.
  private static let bytePairWords = known(
    #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#)
  /// Runs of characters of words, and of other signs.
  private static let words = known(#"\w+|[^\w\s]+"#)

  private static func known(_ source: String) -> TextPattern {
    guard let pattern = try? TextPatternParser.pattern(source) else {
      preconditionFailure("'\(source)' is a pattern that the parser knows")
    }
    return pattern
  }
}

/// Bytes written as characters.
///
/// Source: [RFC 4648](https://www.rfc-editor.org/rfc/rfc4648), section 4.
enum Base64 {
  /// The bytes of a text; nil for one that is not base64.
  static func decoded(_ text: String) -> [UInt8]? {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(text.utf8.count / 4 * 3)
    var (bits, count) = (UInt32(0), 0)
    var rest = text.utf8[...]
    while rest.last == UInt8(ascii: "=") { rest.removeLast() }
    for character in rest {
      let value: UInt8
      switch character {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"): value = character - UInt8(ascii: "A")
      case UInt8(ascii: "a")...UInt8(ascii: "z"): value = character - UInt8(ascii: "a") + 26
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = character - UInt8(ascii: "0") + 52
      case UInt8(ascii: "+"): value = 62
      case UInt8(ascii: "/"): value = 63
      default: return nil
      }
      bits = bits << 6 | UInt32(value)
      count += 6
      if count >= 8 {
        count -= 8
        bytes.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
    }
    return bytes
  }
}
