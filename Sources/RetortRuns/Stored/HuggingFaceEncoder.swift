import RetortFormats
import RetortModels
import RetortNN

/// A kind of text encoder of Hugging Face's `transformers`, and what its `config.json` calls the sizes.
///
/// To add one of a known family, add a line to `all`.
struct HuggingFaceEncoder {
  /// The `model_type`.
  let type: String
  /// What the classes `…Model` and `…ForSequenceClassification` begin with.
  let title: String
  /// What its parameters are called, and what it computes.
  let family: EncoderFamily
  /// The keys of sizes, by the option of the catalog's model.
  var sizes = [
    "width": "hidden_size", "layers": "num_hidden_layers", "heads": "num_attention_heads",
    "feed-forward": "intermediate_size",
  ]
  /// The key of the share of activations dropped.
  var dropout = "hidden_dropout_prob"
  /// The key of the activation.
  var activation = "hidden_act"

  /// All of them.
  static let all = [
    HuggingFaceEncoder(type: "bert", title: "Bert", family: .bert),
    HuggingFaceEncoder(
      type: "distilbert", title: "DistilBert", family: .distilbert,
      sizes: [
        "width": "dim", "layers": "n_layers", "heads": "n_heads", "feed-forward": "hidden_dim",
      ],
      dropout: "dropout", activation: "activation"),
    HuggingFaceEncoder(type: "roberta", title: "Roberta", family: .roberta),
    HuggingFaceEncoder(type: "xlm-roberta", title: "XLMRoberta", family: .roberta),
    HuggingFaceEncoder(type: "camembert", title: "Camembert", family: .roberta),
  ]

  /// The class of its classifiers.
  var classifier: String { title + "ForSequenceClassification" }

  /// The catalog's model, its options and examples, for a `config.json`.
  ///
  /// - Parameters:
  ///   - json: The file's content.
  ///   - path: The file's name in errors.
  ///   - pooling: What is made of a text's states; nil for a classifier.
  /// - Throws: `FormatError` naming the key of a size that is missing, or of something that the catalog's model
  ///   computes otherwise.
  func described(
    by json: JSONValue, path: String, pooling: SentencePooling?
  ) throws(FormatError) -> (model: String, options: [String: Double], examples: ExampleSpec) {
    let padding = json["pad_token_id"]?.int ?? (family.countsFromPadding ? 1 : 0)
    try check(json, path, padding)
    var options = ["dropout": json[dropout]?.double ?? 0.1]
    for (option, key) in sizes {
      options[option] = Double(try HuggingFaceConfiguration.whole(key, json, path))
    }
    let vocabulary = try HuggingFaceConfiguration.whole("vocab_size", json, path)
    let rows = try HuggingFaceConfiguration.whole("max_position_embeddings", json, path)
    let length = family.countsFromPadding ? rows - padding - 1 : rows
    guard length > 2 else {
      throw FormatError(
        path, in: "max_position_embeddings",
        .wrongType(expected: "more than \(padding + 3)", found: "\(rows)"))
    }
    (options["vocabulary"], options["length"]) = (Double(vocabulary), Double(length))
    if family.countsFromPadding { options["padding"] = Double(padding) }
    guard let pooling else {
      return (family.name, options, .tokens(length: length, vocabulary: vocabulary))
    }
    options["first"] = pooling.takesFirst ? 1 : 0
    options["normalize"] = pooling.normalizes ? 1 : 0
    return (
      "sentence-\(family.name)", options,
      .tokens(length: min(length, pooling.longest ?? length), vocabulary: vocabulary)
    )
  }

  /// Refuses what the catalog's model computes otherwise.
  private func check(_ json: JSONValue, _ path: String, _ padding: Int) throws(FormatError) {
    func unsupported(_ key: String, _ what: String, _ supported: String) -> FormatError {
      FormatError(path, in: key, .unsupported(what: what, supported: supported))
    }
    for (key, expected) in [(activation, "gelu"), ("position_embedding_type", "absolute")] {
      if let found = json[key]?.string, found != expected {
        throw unsupported(key, "'\(found)'", "'\(expected)'")
      }
    }
    let numbers = [
      ("type_vocab_size", Double(family.segments)), ("layer_norm_eps", family.epsilon),
    ]
    for (key, expected) in numbers where family.segments > 0 {
      if let found = json[key]?.double, found != expected {
        throw unsupported(key, "\(found)", "\(expected)")
      }
    }
    guard padding >= 0, family.countsFromPadding ? padding < 1 << 24 : padding == 0 else {
      throw unsupported(
        "pad_token_id", "\(padding)", family.countsFromPadding ? "0 to \(1 << 24 - 1)" : "0")
    }
    if json["is_decoder"]?.bool == true { throw unsupported("is_decoder", "true", "false") }
  }
}
