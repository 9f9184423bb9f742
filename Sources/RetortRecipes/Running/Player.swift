import RetortCore
import RetortData
import RetortFormats
import RetortModels
import RetortNN

/// A model of a run with its weights on the device.
struct Player {
  /// The catalog's name and the options it was built with.
  let spec: PlayerSpec
  let store: ParameterStore

  /// Builds a model and gives it `weights`, or fresh ones.
  ///
  /// - Throws: `ModelError` for a model that does not fit the data, `FormatError` or `WeightError`
  ///   for a file that does not fit the model.
  init(
    _ spec: PlayerSpec, name: String, isFrozen: Bool, image: ImageSize, classes: Int,
    session: Session, seed: UInt64, weights: [NamedWeights]? = nil
  ) throws {
    self.spec = spec
    let model = try ModelCatalog.make(
      spec.model, options: spec.options, image: image, classes: classes)
    store = ParameterStore(model, name: name, isFrozen: isFrozen)
    if let weights {
      try store.write(store.imported(weights), to: session)
    } else {
      try store.write(store.initialWeights(seed: seed), to: session)
    }
  }

  /// Writes the weights and what they belong to: `model.safetensors` and `config.json`.
  func write(to folder: String, session: Session, data: ImageDataset, recipeSHA256: String) throws {
    let weights = store.exported(try store.weights(in: session))
    try AtomicFile.makeDirectories(folder)
    var tensors: [String: HostTensor] = [:]
    for entry in weights {
      tensors[entry.name] = HostTensor(shape: entry.shape, floats: entry.values)
    }
    try Safetensors(
      tensors: tensors, metadata: ["format": "pt", "model": spec.model, "recipe": recipeSHA256]
    ).write(to: folder + "/model.safetensors")
    let options = spec.options.sorted { $0.key < $1.key }
    let config = JSONValue.record(
      ("model", .string(spec.model)),
      ("options", .object(options.map { .init($0.key, .real($0.value)) })),
      ("classes", .integer(data.classCount)),
      ("classNames", .array(data.classNames.map { .string($0) })),
      ("image", .array([data.height, data.width, data.channels].map { .integer($0) })),
      ("version", .string(retortVersion)))
    try AtomicFile.write(Array((config.text + "\n").utf8), to: folder + "/config.json")
  }
}

extension Safetensors {
  /// The floating-point tensors of the file as named weights.
  var weights: [NamedWeights] {
    names.compactMap { name in
      guard let tensor = tensors[name], let values = tensor.floats else { return nil }
      return NamedWeights(name: name, shape: tensor.shape, values: values)
    }
  }
}
