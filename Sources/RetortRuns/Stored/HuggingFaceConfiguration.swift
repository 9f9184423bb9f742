import RetortFormats
import RetortNN

/// The description of a published model in the `config.json` of Hugging Face's `transformers`, as a model of the
/// catalog.
struct HuggingFaceConfiguration {
  /// The model's name in the catalog.
  let model: String
  /// The options of the model.
  let options: [String: Double]
  /// The names of the classes, by class number; none of a model of sentences.
  let classNames: [String]
  /// The kind of examples that it reads.
  let examples: ExampleSpec

  /// Whether a `config.json` is of this kind.
  static func describes(_ json: JSONValue) -> Bool { json["model_type"] != nil }

  /// The model that `json`, read from `path`, describes.
  ///
  /// - Throws: `FormatError` naming the key for another model than `BertForSequenceClassification` and
  ///   `sentence-transformers`' `BertModel`, or one that computes something else than those of the catalog.
  init(_ json: JSONValue, path: String) throws(FormatError) {
    func unsupported(_ key: String, _ what: String, _ supported: String) -> FormatError {
      FormatError(path, in: key, .unsupported(what: what, supported: supported))
    }
    let names = json["architectures"]?.array?.compactMap(\.string) ?? []
    let pooling = try SentencePooling(in: FilePath.folder(of: path))
    let isClassifier = names.first == "BertForSequenceClassification"
    guard json["model_type"]?.string == "bert",
      isClassifier || (names.first == "BertModel" && pooling != nil)
    else {
      throw unsupported(
        "architectures", names.first ?? json["model_type"]?.string ?? "no architecture",
        "BertForSequenceClassification, and BertModel with 1_Pooling/config.json beside it; other "
          + "models are taken as ONNX files")
    }
    func whole(_ key: String) throws(FormatError) -> Int {
      guard let value = json[key]?.int, (1...16_777_216).contains(value) else {
        throw FormatError(
          path, in: key,
          .wrongType(expected: "a whole number from 1", found: json[key]?.text ?? "nothing"))
      }
      return value
    }
    for (key, expected) in [("hidden_act", "gelu"), ("position_embedding_type", "absolute")] {
      if let found = json[key]?.string, found != expected {
        throw unsupported(key, "'\(found)'", "'\(expected)'")
      }
    }
    for (key, expected) in [
      ("type_vocab_size", 2.0), ("pad_token_id", 0), ("layer_norm_eps", 1e-12),
    ] {
      if let found = json[key]?.double, found != expected {
        throw unsupported(key, "\(found)", "\(expected)")
      }
    }
    if json["is_decoder"]?.bool == true { throw unsupported("is_decoder", "true", "false") }
    let (length, vocabulary) = (try whole("max_position_embeddings"), try whole("vocab_size"))
    var options = [
      "width": Double(try whole("hidden_size")), "layers": Double(try whole("num_hidden_layers")),
      "heads": Double(try whole("num_attention_heads")),
      "feed-forward": Double(try whole("intermediate_size")), "vocabulary": Double(vocabulary),
      "length": Double(length), "dropout": json["hidden_dropout_prob"]?.double ?? 0.1,
    ]
    guard !isClassifier, let pooling else {
      model = "bert"
      self.options = options
      examples = .tokens(length: length, vocabulary: vocabulary)
      classNames = try Self.classNames(json, path)
      return
    }
    model = "sentence-bert"
    options["first"] = pooling.takesFirst ? 1 : 0
    options["normalize"] = pooling.normalizes ? 1 : 0
    self.options = options
    examples = .tokens(length: min(length, pooling.longest ?? length), vocabulary: vocabulary)
    classNames = []
  }

  /// Whether the model has no use for the weights called `name`: those of a pooler that sentences are not taken
  /// from.
  func passesOver(_ name: String) -> Bool {
    model == "sentence-bert" && name.hasPrefix("pooler.")
  }

  /// The names under `id2label`, in the order of their numbers; `LABEL_0` and `LABEL_1` without it, which is what
  /// the file then means.
  private static func classNames(_ json: JSONValue, _ path: String) throws(FormatError) -> [String]
  {
    guard let labels = json["id2label"], labels != .null else { return ["LABEL_0", "LABEL_1"] }
    let members = labels.members ?? []
    let names = members.indices.compactMap { labels["\($0)"]?.string }
    guard !names.isEmpty, names.count == members.count else {
      throw FormatError(
        path, in: "id2label",
        .wrongType(expected: "a name for each class from 0", found: labels.text))
    }
    return names
  }
}
