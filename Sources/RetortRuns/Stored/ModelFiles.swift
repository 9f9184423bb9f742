import RetortCore
import RetortData
import RetortFormats
import RetortModels
import RetortNN
import RetortRecipes

/// A trained model as the files that other programs read.
struct ModelFiles {
  /// The names of a folder's files: weights, the ONNX file, and what weights belong to.
  static let names = [
    weightsName, onnxName, StoredConfiguration.name, StoredConfiguration.vocabularyName,
  ]
  /// The name of the file of weights.
  static let weightsName = "model.safetensors"
  /// The name of the ONNX file.
  static let onnxName = "model.onnx"

  /// The catalog's name, or the ONNX file of the layers, and the options it was built with.
  let spec: ModelSpec
  /// The weights, under PyTorch's names.
  var weights: [NamedWeights]
  /// The classes of the data that it was trained on, in order.
  let classNames: [String]
  /// What it reads.
  let examples: ExampleSpec
  /// What its texts become tokens by; nil for a model that reads no text.
  let tokenizer: Tokenizer?
  /// The hash of the recipe that trained it; nil where that is not known.
  let recipeSHA256: String?

  /// The tensors with what they are of.
  var safetensors: Safetensors {
    var tensors: [String: HostTensor] = [:]
    for entry in weights {
      tensors[entry.name] = HostTensor(shape: entry.shape, floats: entry.values)
    }
    var metadata = ["format": "pt", "model": spec.model]
    metadata["recipe"] = recipeSHA256
    return Safetensors(tensors: tensors, metadata: metadata)
  }

  /// Writes `config.json` and, of a model that reads text, `vocab.txt` or `tokenizer.json`, without which weights
  /// are not understood.
  func writeDescription(to folder: String) throws(FormatError) {
    if let vocabulary = tokenizer?.list?.vocabulary {
      try AtomicFile.write(
        vocabulary.encoded, to: "\(folder)/\(StoredConfiguration.vocabularyName)")
    } else if let file = tokenizer?.file {
      try AtomicFile.write(file, to: "\(folder)/\(TokenizerFile.name)")
    }
    try AtomicFile.write(description, to: "\(folder)/\(StoredConfiguration.name)")
  }

  /// Whether the tokens of `vocab.txt` are those of texts in lower case; null where `tokenizer.json` says it.
  private var lowercase: JSONValue {
    guard let tokenizer else { return .bool(false) }
    return tokenizer.list.map { .bool($0.lowercase) } ?? .null
  }

  /// The bytes of `config.json`.
  var description: [UInt8] {
    let options = spec.options.sorted { $0.key < $1.key }
    var config: [(String, JSONValue)] = [
      ("model", .string(spec.model)),
      ("options", .object(options.map { .init($0.key, .real($0.value)) })),
      ("classes", .integer(classNames.count)),
      ("classNames", .array(classNames.map { .string($0) })),
    ]
    switch examples {
    case .image(let size):
      config.append(
        ("image", .array([size.height, size.width, size.channels].map { .integer($0) })))
    case .tokens(let length, let vocabulary):
      config.append(
        (
          "tokens",
          .record(
            ("length", .integer(length)),
            // Published tables may have more rows than there are tokens.
            ("vocabulary", .integer(tokenizer?.count ?? vocabulary)),
            ("lowercase", lowercase))
        ))
    }
    if let normalization = spec.normalization {
      config.append(
        (
          "normalization",
          .record(
            ("mean", .array(normalization.mean.map { .real($0) })),
            ("std", .array(normalization.deviation.map { .real($0) })))
        ))
    }
    config.append(("version", .string(retortVersion)))
    let text = JSONValue.object(config.map { .init($0.0, $0.1) }).text
    return Array((text + "\n").utf8)
  }

  /// The model as an ONNX file, with class names and normalisation.
  ///
  /// - Parameters:
  ///   - store: The model.
  ///   - output: What the file computes of examples; the model's output if left out.
  /// - Throws: `ExportError` for what ONNX cannot express, `ModelError` for a model that is none.
  func onnx(
    _ store: ParameterStore, output: ((Example, Graph) -> Tensor)? = nil
  ) throws -> ONNXModel {
    try ONNXExport.model(
      of: store, for: examples, weights: weights, version: retortVersion,
      metadata: try metadata, output: output)
  }

  private var metadata: ONNXMetadata {
    get throws(ModelError) {
      var metadata = ONNXMetadata()
      (metadata.model, metadata.recipe) = (spec.usualName, recipeSHA256)
      let role = try spec.builder().role
      if role == .classifier || role == .encoder { metadata.classNames = classNames }
      let normalization = (examples.pipeline() as? ImagePipeline)?.normalization
      (metadata.mean, metadata.deviation) = (normalization?.mean, normalization?.deviation)
      metadata.lowercase = tokenizer?.ignoresCase
      return metadata
    }
  }
}
