import RetortFormats

/// What a folder of `sentence-transformers` makes of a text's states, by its `modules.json`,
/// `1_Pooling/config.json` and `sentence_bert_config.json`.
package struct SentencePooling {
  /// Whether the first token's state is taken rather than the mean over tokens.
  let takesFirst: Bool
  /// Whether vectors are brought to length 1.
  let normalizes: Bool
  /// The most tokens of a text; nil for what the encoder takes.
  let longest: Int?

  /// Reads the files in `folder`; nil if it has no `1_Pooling/config.json`.
  ///
  /// - Throws: `FormatError` for a file that is damaged, and for another way of pooling.
  package init?(in folder: String) throws(FormatError) {
    let path = folder + "/1_Pooling/config.json"
    guard FileBytes.isReadable(path) else { return nil }
    let json = try JSONValue.read(path, limit: 1 << 20)
    let modes = (json.members ?? []).filter {
      $0.key.hasPrefix("pooling_mode_") && $0.value.bool == true
    }.map(\.key)
    switch modes {
    case ["pooling_mode_mean_tokens"]: takesFirst = false
    case ["pooling_mode_cls_token"]: takesFirst = true
    default:
      throw FormatError(
        path,
        .unsupported(
          what: modes.isEmpty ? "no pooling" : modes.joined(separator: " and "),
          supported: "pooling_mode_mean_tokens alone, or pooling_mode_cls_token"))
    }
    let list = folder + "/modules.json"
    let kinds =
      FileBytes.isReadable(list)
      ? (try JSONValue.read(list, limit: 1 << 20)).array?.compactMap { $0["type"]?.string } ?? []
      : []
    for (place, kind) in kinds.enumerated()
    where !["Transformer", "Pooling", "Normalize"].contains(where: kind.hasSuffix) {
      throw FormatError(
        list, in: "[\(place)].type",
        .unsupported(what: "'\(kind)'", supported: "Transformer, Pooling and Normalize"))
    }
    normalizes = kinds.contains { $0.hasSuffix("Normalize") }
    let sentences = folder + "/sentence_bert_config.json"
    longest =
      FileBytes.isReadable(sentences)
      ? try JSONValue.read(sentences, limit: 1 << 20)["max_seq_length"]?.int.flatMap {
        $0 > 2 ? $0 : nil
      }
      : nil
  }
}
