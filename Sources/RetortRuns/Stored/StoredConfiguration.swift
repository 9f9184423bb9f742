import RetortFormats
import RetortNN
import RetortRecipes
import RetortSchema

/// The description of a model in the `config.json` beside its weights.
struct StoredConfiguration {
  /// The folder with both files.
  let folder: String
  /// The model's name in the catalog.
  let model: String
  /// The options of the model.
  let options: [String: Double]
  /// The normalisation of pictures in front of the model; nil for none.
  let normalization: NormalizationSpec?
  /// The number of classes, ≥ 1; 0 for a model that gives vectors.
  let classes: Int
  /// The names of the classes; their numbers if the file has no names.
  let classNames: [String]
  /// The kind of examples that it reads; nil if the file does not contain it.
  let examples: ExampleSpec?
  /// The file of the vocabulary of a model that reads text.
  let vocabularyPath: String
  /// Whether the model's tokenizer converts texts to lower case; nil for what the folder's files of the tokenizer
  /// say.
  private let lowercase: Bool?

  /// The weights of the file under the names of the catalog's model, without those that it has no use for.
  let translated: ([NamedWeights]) -> [NamedWeights]

  /// The name of the file.
  static let name = "config.json"
  /// The name of the vocabulary file beside the weights of a model that reads text.
  static let vocabularyName = "vocab.txt"

  /// Reads the file beside the weights in `file`; nil if there is none.
  ///
  /// - Throws: `FormatError` for a file that is damaged or contradicts itself.
  init?(beside file: String) throws(FormatError) {
    let above = FilePath.folder(of: file)
    folder = above.isEmpty ? "." : above
    let path = "\(folder)/\(Self.name)"
    guard FileBytes.isReadable(path) else { return nil }
    let json = try JSONValue.read(path, limit: 1 << 20)
    guard !HuggingFaceConfiguration.describes(json) else {
      let published = try HuggingFaceConfiguration(json, path: path)
      (model, options) = (published.model, published.options)
      normalization = published.normalization
      (classNames, examples) = (published.classNames, published.examples)
      (classes, lowercase) = (published.classNames.count, nil)
      translated = published.translated
      vocabularyPath = TokenizerFile.vocabularyPath(in: folder)
      return
    }
    translated = { $0 }
    try JSONShape.configuration.check(json, path: path)
    guard let model = json["model"]?.string else {
      throw FormatError(path, .missingKey("model"))
    }
    guard let classes = json["classes"]?.int, (0...1_000_000).contains(classes) else {
      throw FormatError(path, .missingKey("classes"))
    }
    (self.model, self.classes) = (model, classes)
    options = try Self.options(json, path)
    normalization = try Self.normalization(json, path)
    classNames = try Self.classNames(json, classes, path)
    let image = try Self.image(json, path)
    let tokens = try Self.tokens(json, path)
    (examples, lowercase) = (image ?? tokens?.examples, tokens?.lowercase)
    vocabularyPath =
      "\(folder)/\(lowercase == nil ? TokenizerFile.name : Self.vocabularyName)"
  }

  /// The tokenizer of the model's texts; nil for a model that reads no text.
  ///
  /// - Throws: `FormatError` for a vocabulary that is missing, damaged, or of another size.
  func tokenizer() throws(FormatError) -> Tokenizer? {
    guard case .tokens(_, let count) = examples else { return nil }
    let tokenizer =
      if let lowercase {
        Tokenizer(try Vocabulary.read(vocabularyPath), lowercase: lowercase)
      } else {
        try TokenizerFile.read(in: folder)
      }
    // Published tables may have more rows than there are tokens.
    let found = tokenizer.count
    guard found == count || (lowercase == nil && found < count) else {
      throw FormatError(
        vocabularyPath,
        .wrongType(expected: "\(count) tokens, as config.json says", found: "\(found)"))
    }
    return tokenizer
  }

  /// The first option in which a recipe's model differs from this one, with both values; nil if all agree.
  ///
  /// Dropout is ignored, as it affects training only, and an option that only one of them has is at its
  /// default.
  ///
  /// - Parameter reading: The kind of examples that the recipe's model reads.
  func difference(
    from spec: ModelSpec, reading: ExampleSpec
  ) -> (name: String, stored: String, given: String)? {
    guard model == spec.model else { return ("model", model, spec.model) }
    let normal = NormalizationSpec()
    let (stored, given) = (normalization ?? normal, spec.normalization ?? normal)
    guard stored.mean == given.mean, stored.deviation == given.deviation else {
      return ("normalization", stored.text, given.text)
    }
    let own = Self.sizes(options, of: examples)
    for (name, given) in Self.sizes(spec.options, of: reading).sorted(by: { $0.key < $1.key })
    where name != "dropout" {
      guard let stored = own[name], stored != given else { continue }
      return (name, YAMLText.number(stored), YAMLText.number(given))
    }
    return nil
  }

  /// The options with the sizes that it was trained for, whatever it is given.
  var sizedOptions: [String: Double] { Self.sizes(options, of: examples) }

  /// The options with zeros replaced by the sizes of the data, for which they stand.
  private static func sizes(
    _ options: [String: Double], of examples: ExampleSpec?
  ) -> [String: Double] {
    guard case .tokens(let length, let vocabulary) = examples else { return options }
    let sizes = ["length": Double(length), "vocabulary": Double(vocabulary)]
    return options.merging(sizes) { given, size in given == 0 ? size : given }
  }

  /// The numbers under `normalization`; nil if there is no such key.
  private static func normalization(
    _ json: JSONValue, _ path: String
  ) throws(FormatError) -> NormalizationSpec? {
    guard let value = json["normalization"], value != .null else { return nil }
    let lists = [value["mean"], value["std"]].map { $0?.array?.compactMap(\.double) ?? [] }
    guard lists.allSatisfy({ !$0.isEmpty && $0.allSatisfy(\.isFinite) }),
      lists[0].count == value["mean"]?.array?.count, lists[1].count == value["std"]?.array?.count,
      lists[1].allSatisfy({ $0 > 0 })
    else {
      throw FormatError(
        path, in: "normalization",
        .wrongType(
          expected: "lists of numbers 'mean' and 'std', the latter greater than 0",
          found: value.text))
    }
    return NormalizationSpec(mean: lists[0], deviation: lists[1])
  }

  private static func options(
    _ json: JSONValue, _ path: String
  ) throws(FormatError) -> [String: Double] {
    guard let value = json["options"], value != .null else { return [:] }
    guard let members = value.members else {
      throw FormatError(
        path, in: "options", .wrongType(expected: "an object", found: value.kind))
    }
    var options: [String: Double] = [:]
    for member in members {
      guard let value = member.value.double else {
        throw FormatError(
          path, in: "options.\(member.key)",
          .wrongType(expected: "a number", found: member.value.kind))
      }
      options[member.key] = value
    }
    return options
  }

  /// The names under `classNames`, or the classes' numbers if there is no such key.
  private static func classNames(
    _ json: JSONValue, _ classes: Int, _ path: String
  ) throws(FormatError) -> [String] {
    guard let value = json["classNames"], value != .null else {
      return (0..<classes).map { "\($0)" }
    }
    let names = value.array?.compactMap(\.string)
    guard let names, names.count == value.array?.count else {
      throw FormatError(
        path, in: "classNames", .wrongType(expected: "an array of names", found: value.kind))
    }
    guard names.count == classes else {
      throw FormatError(
        path, in: "classNames",
        .wrongType(expected: "\(classes) names, as 'classes' says", found: "\(names.count)"))
    }
    return names
  }

  /// The image size under `image`, with extents of at least 1; nil if there is no such key.
  private static func image(_ json: JSONValue, _ path: String) throws(FormatError) -> ExampleSpec? {
    guard let value = json["image"], value != .null else { return nil }
    let extents = value.array?.compactMap(\.int)
    guard let extents, extents.count == 3, value.array?.count == 3,
      extents.allSatisfy({ (1...65_536).contains($0) })
    else {
      throw FormatError(
        path, in: "image",
        .wrongType(expected: "height, width and channels", found: value.text))
    }
    return .image(ImageSize(height: extents[0], width: extents[1], channels: extents[2]))
  }

  /// The text format under `tokens`; nil if there is no such key.
  private static func tokens(
    _ json: JSONValue, _ path: String
  ) throws(FormatError) -> (examples: ExampleSpec, lowercase: Bool?)? {
    guard let value = json["tokens"], value != .null else { return nil }
    guard let length = value["length"]?.int, (1...65_536).contains(length),
      let vocabulary = value["vocabulary"]?.int, (1...16_777_216).contains(vocabulary),
      let lowercase = value["lowercase"], lowercase == .null || lowercase.bool != nil
    else {
      throw FormatError(
        path, in: "tokens",
        .wrongType(
          expected: "a length, the size of a vocabulary, and whether it is in lower case",
          found: value.text))
    }
    return (.tokens(length: length, vocabulary: vocabulary), lowercase.bool)
  }
}

extension NormalizationSpec {
  /// The numbers, for messages.
  fileprivate var text: String { "mean \(mean), std \(deviation)" }
}
