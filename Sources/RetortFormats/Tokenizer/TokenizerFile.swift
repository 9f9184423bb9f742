/// What a folder of published weights says of its tokenizer: `tokenizer.json`, as Hugging Face's `tokenizers`
/// library writes it, or `vocab.txt`, with `tokenizer_config.json`.
package enum TokenizerFile {
  /// The largest size of a `tokenizer.json`: 64 MiB.
  package static let limit = 1 << 26
  /// The name of the file that says everything.
  package static let name = "tokenizer.json"

  /// The file of the folder's vocabulary: `tokenizer.json`, or else `vocab.txt`.
  package static func vocabularyPath(in folder: String) -> String {
    let whole = "\(folder)/\(name)"
    return FileBytes.isReadable(whole) ? whole : folder + "/vocab.txt"
  }

  /// Whether a file is a `tokenizer.json` rather than a list of tokens.
  package static func isJSON(_ path: String) -> Bool { path.lowercased().hasSuffix(".json") }

  /// The tokenizer of the weights in `folder`.
  ///
  /// - Throws: `FormatError` for a file that is missing or damaged, and for a tokenizer that Retort does not have,
  ///   with what is supported.
  package static func read(in folder: String) throws(FormatError) -> Tokenizer {
    let path = vocabularyPath(in: folder)
    guard !isJSON(path) else { return try read(path) }
    return Tokenizer(
      try Vocabulary.read(path), lowercase: try configuredLowercase(in: folder))
  }

  /// The tokenizer in the `tokenizer.json` at `path`.
  ///
  /// - Throws: `FormatError` for a file that is damaged, and for anything that Retort does not have, with what is
  ///   supported.
  package static func read(_ path: String) throws(FormatError) -> Tokenizer {
    try parse(try FileBytes.read(path, limit: limit), path: path)
  }

  /// The tokenizer in `bytes`, read from `path`.
  package static func parse(_ bytes: [UInt8], path: String) throws(FormatError) -> Tokenizer {
    let text = try TextFile.content(of: bytes, path: path)
    let json = try JSONValue.parse(text, path: path, offset: text.startIndex)
    let file = TokenizerPart(json: json, path: path, field: "")
    guard let described = file.part("model") else { throw FormatError(path, .missingKey("model")) }
    let model = try model(described)
    var parts = Tokenizer.Parts(model: model, count: model.count)
    if let normalizer = file.part("normalizer") { parts.normalizers = try normalizers(normalizer) }
    if let splitter = file.part("pre_tokenizer") {
      parts.preTokenizers = try preTokenizers(splitter)
    }
    if let processor = file.part("post_processor") {
      try surround(&parts, processor)
      // Every sequence has room for two tokens.
      let count = parts.before.count + parts.after.count
      guard count <= 2 else {
        throw processor.unsupported(nil, "\(count) tokens around a text", supported: "up to 2")
      }
    }
    let ids = try addTokens(&parts, file)
    if file.part("truncation")?.json["direction"]?.string == "Left" {
      throw FormatError(
        path, in: "truncation.direction", .unsupported(what: "Left", supported: "Right"))
    }
    if let padding = file.part("padding") {
      if padding.json["direction"]?.string == "Left" {
        throw padding.unsupported("direction", "Left", supported: "Right")
      }
      parts.padding = try padding.id("pad_id")
    } else {
      parts.padding = ids["<pad>"] ?? ids["[PAD]"] ?? 0
    }
    let extreme = (parts.before + parts.after + [parts.padding]).max() ?? 0
    parts.count = max(parts.count, Int(extreme) + 1)
    return Tokenizer(parts, file: bytes)
  }

  /// Takes the tokens that texts may spell out; returns their ids by name.
  private static func addTokens(
    _ parts: inout Tokenizer.Parts, _ file: TokenizerPart
  ) throws(FormatError) -> [String: Int32] {
    var (special, normalized) = ([AddedTokens.Token](), [AddedTokens.Token]())
    var ids: [String: Int32] = [:]
    guard file.json["added_tokens"]?.array != nil else { return ids }
    for item in try file.list("added_tokens") {
      let content = try item.text("content")
      var token = AddedTokens.Token(
        text: Array(content.unicodeScalars), id: try item.id("id"),
        isWord: try item.bool("single_word", or: false),
        takesLeft: try item.bool("lstrip", or: false),
        takesRight: try item.bool("rstrip", or: false))
      ids[content] = token.id
      parts.count = max(parts.count, Int(token.id) + 1)
      if try item.bool("normalized", or: !(try item.bool("special", or: false))) {
        token.text = parts.normalizers.reduce(token.text) { $1.applied(to: $0) }
        normalized.append(token)
      } else {
        special.append(token)
      }
    }
    (parts.special, parts.normalized) = (AddedTokens(special), AddedTokens(normalized))
    return ids
  }

  /// Takes the ids that stand around every text.
  private static func surround(
    _ parts: inout Tokenizer.Parts, _ part: TokenizerPart
  ) throws(FormatError) {
    func id(_ key: String) throws(FormatError) -> Int32 {
      guard let pair = part.json[key]?.array, pair.count == 2, let id = pair[1].int,
        (0..<1 << 24).contains(id)
      else { throw part.wrong(key, "a token and its id") }
      return Int32(id)
    }
    switch part.type {
    case "BertProcessing", "RobertaProcessing":
      try part.knows("sep", "cls", "trim_offsets", "add_prefix_space")
      parts.before = [try id("cls")] + parts.before
      parts.after += [try id("sep")]
    // It moves offsets into the text, which nothing reads.
    case "ByteLevel": try part.knows("add_prefix_space", "trim_offsets", "use_regex")
    case "Sequence":
      try part.knows("processors")
      for item in try part.list("processors") { try surround(&parts, item) }
    case "TemplateProcessing":
      try part.knows("single", "pair", "special_tokens")
      try surround(&parts, template: part)
    default:
      throw part.unsupported(
        nil, part.type.isEmpty ? "a post-processor of no type" : part.type,
        supported: "BertProcessing, ByteLevel, RobertaProcessing, Sequence and TemplateProcessing")
    }
  }

  private static func surround(
    _ parts: inout Tokenizer.Parts, template part: TokenizerPart
  ) throws(FormatError) {
    var (before, after, hasText) = ([Int32](), [Int32](), false)
    for item in try part.list("single") {
      if let sequence = item.json["Sequence"] {
        guard sequence["id"]?.string == "A", !hasText else {
          throw item.unsupported(nil, "another text", supported: "one text")
        }
        hasText = true
        continue
      }
      guard let name = item.json["SpecialToken"]?["id"]?.string,
        let ids = part.json["special_tokens"]?[name]?["ids"]?.array
      else { throw part.wrong("single", "a text and tokens with ids") }
      for value in ids {
        guard let id = value.int, (0..<1 << 24).contains(id) else {
          throw part.wrong("special_tokens", "tokens with ids")
        }
        if hasText { after.append(Int32(id)) } else { before.append(Int32(id)) }
      }
    }
    guard hasText else { throw part.wrong("single", "a text and tokens with ids") }
    parts.before = before + parts.before
    parts.after += after
  }

  /// The most tokens of a text that `tokenizer_config.json` names; nil without it, or for one that names no bound.
  ///
  /// - Throws: `FormatError` for a file that is damaged.
  package static func longest(in folder: String) throws(FormatError) -> Int? {
    let path = folder + "/tokenizer_config.json"
    guard FileBytes.isReadable(path) else { return nil }
    let found = try JSONValue.read(path, limit: 1 << 20)["model_max_length"]?.int
    // Hugging Face writes 10³⁰ for no bound.
    return found.flatMap { (1...1_048_576).contains($0) ? $0 : nil }
  }

  /// Whether `tokenizer_config.json` asks for lower case, as BERT's tokenizer does if nothing is said.
  private static func configuredLowercase(in folder: String) throws(FormatError) -> Bool {
    let path = folder + "/tokenizer_config.json"
    guard FileBytes.isReadable(path) else { return true }
    let json = try JSONValue.read(path, limit: 1 << 20)
    let lowercase = json["do_lower_case"]?.bool ?? true
    if let strips = json["strip_accents"]?.bool, strips != lowercase {
      throw FormatError(
        path, in: "strip_accents",
        .unsupported(what: "\(strips)", supported: "null, or the same as for lower case"))
    }
    for key in ["clean_text", "tokenize_chinese_chars"] where json[key]?.bool == false {
      throw FormatError(path, in: key, .unsupported(what: "false", supported: "true"))
    }
    return lowercase
  }
}
