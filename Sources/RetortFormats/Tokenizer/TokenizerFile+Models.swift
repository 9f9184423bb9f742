extension TokenizerFile {
  /// The model that `part` describes.
  static func model(_ part: TokenizerPart) throws(FormatError) -> SubwordModel {
    switch kind(of: part) {
    case "WordPiece": return .wordPiece(try wordPiece(part))
    case "BPE": return .bytePair(try bytePair(part))
    case "Unigram": return .unigram(try unigram(part))
    case let other:
      throw part.unsupported(
        nil, other.isEmpty ? "a model of no type" : other, supported: "WordPiece, BPE and Unigram")
    }
  }

  /// The model's type, which older files leave out.
  private static func kind(of part: TokenizerPart) -> String {
    if !part.type.isEmpty { return part.type }
    if part.json["merges"] != nil { return "BPE" }
    if part.json["max_input_chars_per_word"] != nil { return "WordPiece" }
    return part.json["vocab"]?.array == nil ? "" : "Unigram"
  }

  private static func wordPiece(_ part: TokenizerPart) throws(FormatError) -> WordPiece {
    try part.knows("vocab", "unk_token", "continuing_subword_prefix", "max_input_chars_per_word")
    if let prefix = part.json["continuing_subword_prefix"]?.string, prefix != "##" {
      throw part.unsupported("continuing_subword_prefix", "'\(prefix)'", supported: "'##'")
    }
    if let unknown = part.json["unk_token"]?.string, unknown != "[UNK]" {
      throw part.unsupported("unk_token", "'\(unknown)'", supported: "'[UNK]'")
    }
    let entries = try entries(part)
    var tokens = [String?](repeating: nil, count: entries.count)
    for entry in entries {
      guard tokens.indices.contains(Int(entry.id)), tokens[Int(entry.id)] == nil else {
        throw FormatError(
          part.path, in: "\(part.field).vocab, '\(entry.token)'",
          .wrongType(expected: "an id of its own below \(entries.count)", found: "\(entry.id)"))
      }
      tokens[Int(entry.id)] = entry.token
    }
    let vocabulary = try Vocabulary(tokens.compactMap(\.self), path: part.path)
    let longest = part.json["max_input_chars_per_word"]?.int ?? 100
    return WordPiece(vocabulary: vocabulary, longest: longest)
  }

  private static func bytePair(_ part: TokenizerPart) throws(FormatError) -> BytePairModel {
    try part.knows(
      "vocab", "merges", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix",
      "fuse_unk", "byte_fallback", "ignore_merges")
    if let dropout = part.json["dropout"]?.double, dropout != 0 {
      throw part.unsupported("dropout", "\(dropout)", supported: "null, the same ids every time")
    }
    let tokens = try table(try entries(part), part)
    var options = BytePairModel.Options()
    options.prefix = part.json["continuing_subword_prefix"]?.string ?? ""
    options.suffix = part.json["end_of_word_suffix"]?.string ?? ""
    options.fusesUnknown = try part.bool("fuse_unk", or: false)
    options.fallsBackToBytes = try part.bool("byte_fallback", or: false)
    options.ignoresMerges = try part.bool("ignore_merges", or: false)
    if let unknown = part.json["unk_token"]?.string {
      options.unknown = tokens.id(of: unknown.unicodeScalars)
      if options.unknown == nil { throw part.wrong("unk_token", "a token of the vocabulary") }
    }
    guard let list = part.json["merges"]?.array else { throw part.wrong("merges", "a list") }
    var merges: [(Int32, Int32, into: Int32)] = []
    merges.reserveCapacity(list.count)
    let prefix = options.prefix.unicodeScalars.count
    for (index, item) in list.enumerated() {
      guard let (first, second) = pair(item), let left = tokens.id(of: first),
        let right = tokens.id(of: second),
        let whole = tokens.id(of: first + second.dropFirst(prefix))
      else {
        throw FormatError(
          part.path, in: "\(part.field).merges[\(index)]",
          .wrongType(
            expected: "two tokens that make a token", found: String(item.text.prefix(80))))
      }
      merges.append((left, right, into: whole))
    }
    return BytePairModel(tokens, merges: merges, options)
  }

  /// The two tokens of a merge: a list of two, or, in older files, a text with a space between them.
  private static func pair(_ json: JSONValue) -> ([Unicode.Scalar], [Unicode.Scalar])? {
    let halves: [[Unicode.Scalar]]
    if let text = json.string {
      halves = text.unicodeScalars.split(separator: " ", omittingEmptySubsequences: false)
        .map(Array.init)
    } else {
      halves = json.array?.compactMap(\.string).map { Array($0.unicodeScalars) } ?? []
    }
    return halves.count == 2 ? (halves[0], halves[1]) : nil
  }

  private static func unigram(_ part: TokenizerPart) throws(FormatError) -> UnigramModel {
    try part.knows("vocab", "unk_id", "byte_fallback")
    guard let list = part.json["vocab"]?.array, !list.isEmpty else {
      throw part.wrong("vocab", "a list of tokens with scores")
    }
    var (entries, scores) = ([(token: String, id: Int32)](), [Double]())
    for (index, item) in list.enumerated() {
      guard let pair = item.array, pair.count == 2, let token = pair[0].string,
        let score = pair[1].double, score.isFinite
      else {
        throw FormatError(
          part.path, in: "\(part.field).vocab[\(index)]",
          .wrongType(expected: "a token and a score", found: String(item.text.prefix(80))))
      }
      entries.append((token, Int32(index)))
      scores.append(score)
    }
    let unknown = try part.id("unk_id")
    guard unknown < entries.count else { throw part.wrong("unk_id", "an id of the vocabulary") }
    return UnigramModel(
      try table(entries, part), scores: scores, unknown: unknown,
      fallsBackToBytes: try part.bool("byte_fallback", or: false))
  }

  /// The tokens under `vocab` with their ids.
  private static func entries(
    _ part: TokenizerPart
  ) throws(FormatError) -> [(token: String, id: Int32)] {
    guard let members = part.json["vocab"]?.members else {
      throw part.wrong("vocab", "an object of tokens and their ids")
    }
    var entries: [(token: String, id: Int32)] = []
    entries.reserveCapacity(members.count)
    for member in members {
      guard let id = member.value.int, (0..<1 << 24).contains(id) else {
        throw FormatError(
          part.path, in: "\(part.field).vocab, '\(member.key)'",
          .wrongType(expected: "an id", found: member.value.text))
      }
      entries.append((member.key, Int32(id)))
    }
    return entries
  }

  private static func table(
    _ entries: [(token: String, id: Int32)], _ part: TokenizerPart
  ) throws(FormatError) -> TokenTable {
    do throws(TokenTable.Repeated) {
      return try TokenTable(entries)
    } catch {
      throw FormatError(part.path, in: "\(part.field).vocab", .duplicateKey(error.token))
    }
  }
}
