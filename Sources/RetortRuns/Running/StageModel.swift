import RetortCore
import RetortData
import RetortDistillation
import RetortFormats
import RetortModels
import RetortNN
import RetortRecipes

/// A model of a run with its weights on the device.
struct StageModel {
  /// The catalog's name and the options it was built with.
  let spec: ModelSpec
  let store: ParameterStore

  /// Builds a model and gives it `weights`, or fresh ones.
  ///
  /// - Parameter adapting: Puts what losses need around the model; nothing by default.
  /// - Throws: `ModelError` for a model that does not fit the data, `FormatError` or `WeightError`
  ///   for a file that does not fit the model.
  init(
    _ spec: ModelSpec, name: String, isFrozen: Bool, examples: ExampleSpec, classes: Int,
    session: Session, seed: UInt64, weights: [NamedWeights]? = nil,
    adapting: (Module) throws -> Module = { $0 }
  ) throws {
    self.spec = spec
    store = ParameterStore(
      try adapting(spec.make(for: examples, classes: classes)), name: name, isFrozen: isFrozen)
    if let weights {
      try store.write(store.imported(weights + freshAdapters(session, seed)), to: session)
    } else {
      try store.reserve(in: session)
      try store.write(store.initialWeights(seed: seed), to: session)
    }
  }

  /// First weights of the model's adapters, which no file has.
  private func freshAdapters(_ session: Session, _ seed: UInt64) throws -> [NamedWeights] {
    guard store.all.contains(where: { AdaptedModel.isAdapter($0.path) }) else { return [] }
    try store.reserve(in: session)
    return store.exported(store.initialWeights(seed: seed)).filter {
      AdaptedModel.isAdapter($0.name)
    }
  }

  /// The model's weights as they are on the device, without those of adapters.
  func weights(in session: Session) throws -> [NamedWeights] {
    store.exported(try store.weights(in: session)).filter { !AdaptedModel.isAdapter($0.name) }
  }

  /// What the model costs for one example, without adapters.
  ///
  /// - Throws: `GraphError` where it does not fit the examples.
  func cost(of examples: ExampleSpec) throws(GraphError) -> ModelCost {
    var cost = try store.cost(of: examples)
    for parameter in store.trainable where AdaptedModel.isAdapter(parameter.path) {
      cost.parameters -= parameter.shape.count
    }
    return cost
  }

  /// Writes the weights and what they belong to: `model.safetensors`, `model.onnx`, `config.json` and, of a
  /// model that reads text, `vocab.txt`; of one with early exits, their files.
  ///
  /// - Parameter report: Told where the model cannot be an ONNX file; the others are written all the same.
  func write(
    to folder: String, session: Session, classNames: [String], data: StageData,
    recipeSHA256: String, _ report: (RunEvent) -> Void
  ) throws {
    let files = ModelFiles(
      spec: spec, weights: try weights(in: session), classNames: classNames,
      examples: data.examples, tokenizer: data.tokenizer, recipeSHA256: recipeSHA256)
    try AtomicFile.makeDirectories(folder)
    try files.safetensors.write(to: "\(folder)/\(ModelFiles.weightsName)")
    func refuse(_ path: String, _ error: any Error) {
      // One that an earlier run left would be of other weights.
      AtomicFile.remove(path)
      report(.notExported(name: store.name, "\(error)"))
    }
    try Self.write(to: "\(folder)/\(ModelFiles.onnxName)", refuse) { try files.onnx(store) }
    try writeExits(files, to: folder, session: session, refuse: refuse)
    try files.writeDescription(to: folder)
  }

  /// Writes an ONNX file, or tells `refuse` why there cannot be one.
  static func write(
    to path: String, _ refuse: (_ path: String, any Error) -> Void, _ make: () throws -> ONNXModel
  ) throws {
    do {
      try make().write(to: path)
    } catch let error as ExportError {
      refuse(path, error)
    } catch let error as FormatError where error.fault.isRefusal {
      refuse(path, error)
    }
  }
}

extension ParameterStore {
  /// What the model costs for one example; a decoder's for one latent code.
  ///
  /// - Throws: `GraphError` where it does not fit the examples.
  func cost(of examples: ExampleSpec) throws(GraphError) -> ModelCost {
    try cost { context in
      func codes(_ shape: Shape) -> Tensor {
        context.graph.input("codes", Shape([1] + shape.dimensions))
      }
      if let shape = codeShape {
        _ = model(codes(shape))
      } else if let judge = model as? any PairDiscriminator {
        _ = judge.judge(examples.inputs(in: context.graph, batch: 1).x, codes(judge.latentShape))
      } else {
        _ = model(examples.inputs(in: context.graph, batch: 1))
      }
    }
  }

  /// The shape of the latent codes that the model reads; nil for one that reads examples.
  var codeShape: Shape? {
    guard let decoder = model as? any LatentDecoder, !(decoder is any Generator) else { return nil }
    return decoder.latentShape
  }
}

extension FormatError.Fault {
  /// Whether a file was not written because its format cannot hold the content.
  fileprivate var isRefusal: Bool { if case .unsupported = self { true } else { false } }
}

extension ModelSpec {
  /// Options with the standard value that weights alone do not tell.
  var assumptions: [ModelOption] {
    get throws(ModelError) {
      try builder().options.filter {
        $0.isUntold && options[$0.name] ?? $0.defaultValue == $0.defaultValue
      }
    }
  }

  /// The weights in a file, which is not read again if it is the model's own.
  ///
  /// - Throws: `FormatError`, or `BackendError.memory` where this machine cannot hold them in float32.
  func weights(in path: String, for examples: ExampleSpec) throws -> [NamedWeights] {
    if let generatorFiles, path == model { return try generatorFiles.weights(for: examples) }
    if let file, path == model { return try file.weights() }
    return try ModelLocation.read(path)
  }

  /// A file's weights under the model's own names, without what all of theirs begin with besides.
  ///
  /// - Parameters:
  ///   - model: Whose weights they are.
  ///   - report: Told of what is left out.
  /// - Throws: `ModelError` where the model does not fit the examples.
  func unwrapped(
    _ weights: [NamedWeights], of model: String, _ examples: ExampleSpec, classes: Int,
    _ report: (RunEvent) -> Void
  ) throws(ModelError) -> [NamedWeights] {
    let store = ParameterStore(try make(for: examples, classes: classes), name: model)
    let prefix = store.commonPrefix(of: weights.map(\.name))
    guard !prefix.isEmpty else { return weights }
    report(.prefixLeftOut(name: model, prefix: prefix))
    return weights.map {
      NamedWeights(
        name: String($0.name.dropFirst(prefix.count)), shape: $0.shape, values: $0.values)
    }
  }
}

extension Safetensors {
  /// The tensors of the file as named weights, in float32.
  ///
  /// - Throws: `FormatError` for a tensor of whole numbers that float32 cannot hold, `BackendError.memory`
  ///   where this machine cannot hold them all in float32.
  func weights() throws -> [NamedWeights] {
    let byteCount = tensors.values.reduce(0) { $0.saturatingSum($1.count.saturatingProduct(4)) }
    try HostMemory.require(byteCount, for: "reading the weights in \(path)")
    var found: [NamedWeights] = []
    for name in names where !ParameterStore.isPassedOver(name) {
      found.append(
        NamedWeights(name: name, shape: try tensor(name).shape, values: try numbers(name)))
    }
    return found
  }
}
