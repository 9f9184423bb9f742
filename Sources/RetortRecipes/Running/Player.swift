import RetortCore
import RetortData
import RetortDistillation
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
  /// - Parameter adapting: Puts what losses need around the model; nothing by default.
  /// - Throws: `ModelError` for a model that does not fit the data, `FormatError` or `WeightError`
  ///   for a file that does not fit the model.
  init(
    _ spec: PlayerSpec, name: String, isFrozen: Bool, image: ImageSize, classes: Int,
    session: Session, seed: UInt64, weights: [NamedWeights]? = nil,
    adapting: (Module) throws -> Module = { $0 }
  ) throws {
    self.spec = spec
    store = ParameterStore(
      try adapting(spec.make(image, classes: classes)), name: name, isFrozen: isFrozen)
    let fresh = store.initialWeights(seed: seed)
    if let weights {
      let adapters = store.exported(fresh).filter { AdaptedModel.isAdapter($0.name) }
      try store.write(store.imported(weights + adapters), to: session)
    } else {
      try store.write(fresh, to: session)
    }
  }

  /// The model's weights as they are on the device, without those of adapters.
  func weights(in session: Session) throws -> [NamedWeights] {
    store.exported(try store.weights(in: session)).filter { !AdaptedModel.isAdapter($0.name) }
  }

  /// What the model costs, without adapters.
  ///
  /// - Throws: `GraphError` where it does not fit the examples.
  func cost(of example: Shape) throws(GraphError) -> ModelCost {
    var cost = try store.cost { context in
      _ = store.model(context.graph.input("example", Shape([1] + example.dimensions)))
    }
    for parameter in store.trainable where AdaptedModel.isAdapter(parameter.path) {
      cost.parameters -= parameter.shape.count
    }
    return cost
  }

  /// Writes the weights and what they belong to: `model.safetensors` and `config.json`.
  func write(to folder: String, session: Session, data: ImageDataset, recipeSHA256: String) throws {
    let weights = try weights(in: session)
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

extension PlayerSpec {
  /// The model, or the ensemble, without weights.
  ///
  /// - Throws: `ModelError` where it does not fit the examples.
  func make(_ image: ImageSize, classes: Int) throws(ModelError) -> Module {
    guard !members.isEmpty else {
      return try ModelCatalog.make(model, options: options, image: image, classes: classes)
    }
    var models: [Ensemble.Member] = []
    for member in members {
      models.append(
        Ensemble.Member(
          member.name, try member.spec.make(image, classes: classes), weight: member.weight))
    }
    return Ensemble(models, mean: mean)
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
