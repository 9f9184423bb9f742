/// What a folder of published weights says of its tokenizer: `tokenizer.json`, as Hugging Face's `tokenizers`
/// library writes it, or `vocab.txt`, with `tokenizer_config.json`.
package enum TokenizerFile {
  /// The largest size of a `tokenizer.json`: 64 MiB.
  private static let limit = 1 << 26

  /// The file of the folder's vocabulary: `vocab.txt`, or else `tokenizer.json`.
  package static func vocabularyPath(in folder: String) -> String {
    let plain = folder + "/vocab.txt"
    return FileBytes.isReadable(plain) ? plain : folder + "/tokenizer.json"
  }

  /// The tokenizer of the weights in `folder`.
  ///
  /// - Throws: `FormatError` for a file that is missing or damaged, and for a tokenizer other than BERT's
  ///   WordPiece, with what is supported.
  package static func read(in folder: String) throws(FormatError) -> WordPiece {
    let vocabulary = try Vocabulary.read(vocabularyPath(in: folder))
    let path = folder + "/tokenizer.json"
    guard FileBytes.isReadable(path) else {
      return WordPiece(vocabulary, lowercase: try configuredLowercase(in: folder))
    }
    let normalizer = try JSONValue.read(path, limit: limit)["normalizer"]
    guard normalizer?["type"]?.string == "BertNormalizer" else {
      throw FormatError(
        path, in: "normalizer",
        .unsupported(
          what: normalizer?["type"]?.string ?? "a normalizer of no type",
          supported: "BertNormalizer"))
    }
    let lowercase = normalizer?["lowercase"]?.bool ?? true
    try check(normalizer ?? .null, lowercase, path)
    return WordPiece(vocabulary, lowercase: lowercase)
  }

  /// The vocabulary of the WordPiece model in the `tokenizer.json` at `path`.
  ///
  /// - Throws: `FormatError` for another kind of model, and for ids that are not 0, 1, 2 and so on.
  static func vocabulary(_ path: String) throws(FormatError) -> Vocabulary {
    let model = try JSONValue.read(path, limit: limit)["model"]
    let type = model?["type"]?.string ?? "a model of no type"
    guard type == "WordPiece", let entries = model?["vocab"]?.members else {
      throw FormatError(
        path, in: "model", .unsupported(what: type, supported: "WordPiece, as BERT has"))
    }
    if let prefix = model?["continuing_subword_prefix"]?.string, prefix != "##" {
      throw FormatError(
        path, in: "model.continuing_subword_prefix",
        .unsupported(what: "'\(prefix)'", supported: "'##'"))
    }
    var tokens = [String?](repeating: nil, count: entries.count)
    for entry in entries {
      guard let id = entry.value.int, tokens.indices.contains(id), tokens[id] == nil else {
        throw FormatError(
          path, in: "model.vocab, '\(entry.key)'",
          .wrongType(
            expected: "an id of its own below \(entries.count)", found: entry.value.text))
      }
      tokens[id] = entry.key
    }
    return try Vocabulary(tokens.compactMap(\.self), path: path)
  }

  /// Whether `tokenizer_config.json` asks for lower case, as BERT's tokenizer does if nothing is said.
  private static func configuredLowercase(in folder: String) throws(FormatError) -> Bool {
    let path = folder + "/tokenizer_config.json"
    guard FileBytes.isReadable(path) else { return true }
    let json = try JSONValue.read(path, limit: 1 << 20)
    let lowercase = json["do_lower_case"]?.bool ?? true
    try check(json, lowercase, path)
    return lowercase
  }

  /// Refuses what Retort's tokenizer does otherwise.
  private static func check(
    _ json: JSONValue, _ lowercase: Bool, _ path: String
  ) throws(FormatError) {
    if let strips = json["strip_accents"]?.bool, strips != lowercase {
      throw FormatError(
        path, in: "strip_accents",
        .unsupported(what: "\(strips)", supported: "null, or the same as for lower case"))
    }
    for key in ["clean_text", "handle_chinese_chars", "tokenize_chinese_chars"]
    where json[key]?.bool == false {
      throw FormatError(path, in: key, .unsupported(what: "false", supported: "true"))
    }
  }
}
