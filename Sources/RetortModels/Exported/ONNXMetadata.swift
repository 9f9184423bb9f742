import RetortFormats

/// What an ONNX file says of its model in its metadata, besides the layers.
public struct ONNXMetadata: Equatable, Sendable {
  /// The model's name in the catalog, or that of the file of its layers.
  public var model: String?
  /// The hash of the recipe that trained it.
  public var recipe: String?
  /// The names of the classes, in order; nil for a model that tells none apart.
  public var classNames: [String]?
  /// What is subtracted from samples in 0…1, per channel.
  public var mean: [Float]?
  /// What the difference is divided by, per channel.
  public var deviation: [Float]?
  /// Whether texts are converted to lower case before they become tokens.
  public var lowercase: Bool?

  /// Metadata that say nothing.
  public init() {}

  private enum Key {
    static let model = "retort.model"
    static let recipe = "retort.recipe"
    static let classNames = "retort.classNames"
    static let mean = "retort.normalization.mean"
    static let deviation = "retort.normalization.std"
    static let lowercase = "retort.tokens.lowercase"
  }

  /// The entries of a file.
  public var entries: [String: String] {
    func list(_ values: [Float]?) -> String? {
      values.map { JSONValue.array($0.map { .number("\($0)") }).text }
    }
    var entries: [String: String] = [:]
    entries[Key.model] = model
    entries[Key.recipe] = recipe
    entries[Key.classNames] = classNames.map { JSONValue.array($0.map { .string($0) }).text }
    entries[Key.mean] = list(mean)
    entries[Key.deviation] = list(deviation)
    entries[Key.lowercase] = lowercase.map { $0 ? "true" : "false" }
    return entries
  }

  /// What a file says; entries of other programs are left out.
  ///
  /// - Throws: `FormatError` for a list that is none.
  public init(_ model: ONNXModel) throws(FormatError) {
    func list<Element>(
      _ key: String, of kind: String, _ element: (JSONValue) -> Element?
    ) throws(FormatError) -> [Element]? {
      guard let text = model.metadata[key] else { return nil }
      let values = try JSONValue.parse(Array(text.utf8)[...], path: model.path).array
      let found = values?.compactMap(element)
      guard let found, found.count == values?.count else {
        throw FormatError(
          model.path, in: "metadata '\(key)'",
          .wrongType(expected: "an array of \(kind)", found: "none"))
      }
      return found
    }
    self.model = model.metadata[Key.model]
    recipe = model.metadata[Key.recipe]
    classNames = try list(Key.classNames, of: "names") { $0.string }
    mean = try list(Key.mean, of: "numbers") { $0.double.map { Float($0) } }
    deviation = try list(Key.deviation, of: "numbers") { $0.double.map { Float($0) } }
    lowercase = model.metadata[Key.lowercase].map { $0 == "true" }
  }

  /// Whether pictures in [0, 1] are what the model reads.
  var takesPlainPictures: Bool {
    mean?.allSatisfy { $0 == 0 } ?? true && deviation?.allSatisfy { $0 == 1 } ?? true
  }
}
