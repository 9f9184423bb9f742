import RetortFormats
import RetortNN
import RetortRecipes

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
  /// The normalisation of pictures in front of the model; nil for none.
  let normalization: NormalizationSpec?
  /// What its parameters are called in the catalog's model.
  private let names: HuggingFaceNames

  /// Whether a `config.json` is of this kind.
  static func describes(_ json: JSONValue) -> Bool { json["model_type"] != nil }

  /// The model that `json`, read from `path`, describes.
  ///
  /// - Throws: `FormatError` naming the key for a model that the catalog does not have, or one that computes
  ///   something else.
  init(_ json: JSONValue, path: String) throws(FormatError) {
    let name = json["architectures"]?.array?.first?.string
    let type = json["model_type"]?.string ?? ""
    let folder = FilePath.folder(of: path)
    if let kind = HuggingFaceClassifier.all.first(where: { $0.type == type && $0.title == name }) {
      (model, options) = try kind.described(json, path)
      let preparation = try HuggingFacePreprocessing(in: folder)
      let side = try Self.whole("image_size", or: 224, json, path)
      let size = preparation.size ?? (height: side, width: side)
      examples = .image(
        ImageSize(
          height: size.height, width: size.width, channels: json["num_channels"]?.int ?? 3))
      (normalization, names) = (preparation.normalization, kind.names())
      classNames = try Self.classNames(json, path)
      return
    }
    let pooling = try SentencePooling(in: folder)
    guard let encoder = HuggingFaceEncoder.all.first(where: { $0.type == type }),
      name == encoder.classifier || (name == encoder.title + "Model" && pooling != nil)
    else {
      throw FormatError(
        path, in: "architectures",
        .unsupported(what: name ?? type, supported: Self.supported))
    }
    let isClassifier = name == encoder.classifier
    (model, options, examples) = try encoder.described(
      by: json, path: path, pooling: isClassifier ? nil : pooling)
    classNames = isClassifier ? try Self.classNames(json, path) : []
    normalization = nil
    // Numbers of positions, which older files hold, and a pooler that nothing is taken from.
    let root = isClassifier ? "\(encoder.family.name)." : ""
    let usesPooler = isClassifier && encoder.family.encoderHasSummary
    let spare = ["\(root)embeddings.position_ids"] + (usesPooler ? [] : ["\(root)pooler"])
    names = HuggingFaceNames(
      rules: spare.map { pattern -> HuggingFaceNames.Rule in (pattern, { _ in nil }) })
  }

  private static var supported: String {
    let titles = HuggingFaceClassifier.all.map(\.title) + HuggingFaceEncoder.all.map(\.classifier)
    let encoders = HuggingFaceEncoder.all.map { "\($0.title)Model" }
    return titles.joined(separator: ", ") + ", and with 1_Pooling/config.json beside them "
      + encoders.joined(separator: ", ") + "; other models are taken as ONNX files"
  }

  /// The weights of the file under the names of the catalog's model, without those that it has no use for, and
  /// without what wrappers of PyTorch have put before all names.
  func translated(_ weights: [NamedWeights]) -> [NamedWeights] {
    var weights = weights
    while let wrapper = Self.wrappers.first(where: { wrapper in
      !weights.isEmpty && weights.allSatisfy { $0.name.hasPrefix(wrapper) }
    }) {
      for index in weights.indices { weights[index].name.removeFirst(wrapper.count) }
    }
    var found = names.translated(weights)
    for index in found.indices where found[index].name.hasSuffix(".layer_scale") {
      found[index].shape += [1, 1]
    }
    return found
  }

  private static let wrappers = ["module.", "_orig_mod."]

  /// The whole number from 1 under `key`.
  static func whole(
    _ key: String, _ json: JSONValue, _ path: String
  ) throws(FormatError) -> Int {
    guard let value = json[key]?.int, (1...16_777_216).contains(value) else {
      throw FormatError(
        path, in: key,
        .wrongType(expected: "a whole number from 1", found: json[key]?.text ?? "nothing"))
    }
    return value
  }

  /// The whole number from 1 under `key`; `usual` where there is none.
  static func whole(
    _ key: String, or usual: Int, _ json: JSONValue, _ path: String
  ) throws(FormatError) -> Int {
    json[key]?.int == nil ? usual : try whole(key, json, path)
  }

  /// The names under `id2label`, in the order of their numbers; `LABEL_0` and `LABEL_1` without it, which is what
  /// the file then means.
  static func classNames(_ json: JSONValue, _ path: String) throws(FormatError) -> [String] {
    guard let labels = json["id2label"], labels != .null else { return ["LABEL_0", "LABEL_1"] }
    let members = labels.members ?? []
    let named = Dictionary(members.map { ($0.key, $0.value.string) }) { $1 }
    let names = members.indices.compactMap { named["\($0)"] ?? nil }
    guard !names.isEmpty, names.count == members.count else {
      throw FormatError(
        path, in: "id2label",
        .wrongType(expected: "a name for each class from 0", found: labels.text))
    }
    return names
  }
}
