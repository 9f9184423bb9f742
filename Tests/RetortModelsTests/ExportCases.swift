import RetortCPU
import RetortCore
import RetortFormats
import RetortNN
import RetortTestSupport
import Testing

@testable import RetortModels

/// A model with random weights, at a size that is quick, and what it computes.
struct ExportCase {
  let store: ParameterStore
  let examples: ExampleSpec
  let weights: FlatWeights

  /// Every model of the catalog, some with options that change their layers, and imported ones.
  static let names =
    ModelCatalog.all.map(\.name) + [
      "resnet8 projection=0", "mobilenetv2 torchvision=1", "vgg8 pools=2", "resnet8 cosine=30",
      "mlp.onnx", "cnn.onnx",
      "mobile.onnx", "transformer.onnx", "text.onnx", operations, normalized, normalized,
    ]

  /// The name of `OperationsModel`.
  private static let operations = "operations"
  /// The name of a model behind a normalisation of pictures.
  private static let normalized = "normalized"

  /// The model that a name of `names` means.
  init(_ name: String) throws {
    guard !ONNXImport.isPath(name) else {
      self = try ExportCase(imported: name)
      return
    }
    if name == Self.operations {
      self = ExportCase(
        OperationsModel(), .image(ImageSize(height: 16, width: 12, channels: 3)))
      return
    }
    if name == Self.normalized {
      let image = ImageSize(height: 16, width: 12, channels: 3)
      let model = try ModelCatalog.make("lenet5-small", for: .image(image), classes: 5)
      self = ExportCase(
        NormalizedInput(model, mean: [0.1, -0.5, 0.25], deviation: [0.5, 0.25, 2]), .image(image))
      return
    }
    let words = name.split(separator: " ")
    let entry = try ModelCatalog.entry(String(words[0]))
    var options: [String: Double] = [:]
    for (option, value) in [
      "hidden1": 9, "hidden2": 7, "hidden": 14, "latent": 5, "width": 4, "heads": 2, "layers": 2,
      "feed-forward": 12, "patch": 4,
    ] where entry.options.contains(where: { $0.name == option }) {
      options[option] = Double(value)
    }
    if entry.options.contains(where: { $0.name == "width" && !$0.isWhole }) {
      options["width"] = 0.25
    }
    for (option, value) in [("depth", 0.25), ("grid", 5)] {
      guard let found = entry.options.first(where: { $0.name == option }), found.defaultValue > 0
      else { continue }
      options[option] = value
    }
    if entry.name == "resnet110" { options["width"] = 1 }
    for word in words.dropFirst() {
      let pair = word.split(separator: "=").map(String.init)
      guard let option = entry.options.first(where: { $0.name == pair[0] }) else { continue }
      options[option.name] = Double(pair[1])
    }
    // Height and width differ, so that they cannot be mistaken for each other.
    let image =
      switch entry.name {
      case "convnext-tiny": ImageSize(height: 64, width: 32, channels: 3)
      case let name where name.hasPrefix("vgg"): ImageSize(height: 24, width: 16, channels: 3)
      case _: ImageSize(height: 16, width: 12, channels: 3)
      }
    examples =
      [.encoder, .embedder, .denoiser].contains(entry.role)
      ? .tokens(length: 6, vocabulary: 11) : .image(image)
    store = ParameterStore(
      try entry.make(options, for: examples, classes: 5), name: "model", isFrozen: true)
    weights = Self.weights(of: store)
  }

  /// A model that PyTorch exported, with its own weights.
  private init(imported name: String) throws {
    let file = try ONNXImport("\(ONNXCases.folder)/\(name)")
    examples = file.examples ?? .tokens(length: 6, vocabulary: 30)
    let classes = try #require(try file.classes(for: examples))
    store = ParameterStore(
      try file.make(for: examples, classes: classes), name: "model", isFrozen: true)
    weights = try store.imported(file.weights())
  }

  /// A model of one's own.
  init(_ model: Module, _ examples: ExampleSpec) {
    store = ParameterStore(model, name: "model", isFrozen: true)
    self.examples = examples
    weights = Self.weights(of: store)
  }

  /// First weights with norms and biases that change numbers.
  private static func weights(of store: ParameterStore) -> FlatWeights {
    var generator = SeededGenerator(state: 6)
    let named = store.exported(store.initialWeights(seed: 1)).map { entry in
      guard entry.shape.count == 1 else { return entry }
      var entry = entry
      let isScale = entry.name.hasSuffix("weight") || entry.name.hasSuffix("var")
      entry.values = entry.values.map { _ in
        Float.random(in: isScale ? 0.5...1.5 : -0.5...0.5, using: &generator)
      }
      return entry
    }
    return (try? store.imported(named)) ?? FlatWeights(parameters: [], buffers: [])
  }

  /// The model as an ONNX file.
  func exported(metadata: ONNXMetadata = ONNXMetadata()) throws -> ONNXModel {
    try ONNXExport.model(
      of: store, for: examples, weights: store.exported(weights), version: "1.2.3",
      metadata: metadata)
  }

  /// Random examples or codes in the order of the graph's inputs, NHWC.
  func inputs(batch: Int) -> [HostArray] {
    var generator = SeededGenerator(state: UInt64(batch))
    func numbers(_ count: Int) -> HostArray {
      .float32((0..<count).map { _ in Float.random(in: -1...1, using: &generator) })
    }
    if let decoder = store.model as? any LatentDecoder {
      return [numbers(batch * decoder.latentShape.count)]
    }
    if let judge = store.model as? any PairDiscriminator, case .image(let size) = examples {
      return [numbers(batch * size.count), numbers(batch * judge.latentShape.count)]
    }
    switch examples {
    case .image(let size): return [numbers(batch * size.count)]
    case .tokens(let length, let vocabulary):
      let ids = (0..<batch * length).map { _ in
        Int32.random(in: 0..<Int32(vocabulary), using: &generator)
      }
      let mask = (0..<batch * length).map { Int32($0 % length < 2 + $0 / length ? 1 : 0) }
      return [.int32(ids), .int32(mask)]
    }
  }

  /// What the model computes of `inputs`.
  func outputs(batch: Int, precision: CPUBackend.Precision = .float32) throws -> [Float] {
    let graph = Graph()
    let context = ForwardContext(graph, .evaluation)
    let result: Tensor
    if let decoder = store.model as? any LatentDecoder {
      let code = graph.input("latent", Shape([batch] + decoder.latentShape.dimensions))
      result = decoder.using(context) { decoder.decode(code) }
    } else if let judge = store.model as? any PairDiscriminator {
      let x = examples.inputs(in: graph, batch: batch).x
      let code = graph.input("latent", Shape([batch] + judge.latentShape.dimensions))
      result = judge.using(context) { judge.judge(x, code) }
    } else {
      result = store.model(examples.inputs(in: graph, batch: batch), in: context)
    }
    return try Self.run(
      graph, result, inputs(batch: batch), store, weights, precision: precision)
  }

  /// What an imported file computes of `inputs`.
  func outputs(of file: ONNXModel, batch: Int) throws -> [Float] {
    let program = try ONNXProgram(file)
    let module = ONNXModule(program, result: program.outputs[0])
    let imported = ParameterStore(module, name: "imported", isFrozen: true)
    let graph = Graph()
    let context = ForwardContext(graph, .evaluation)
    let result: Tensor
    if let decoder = store.model as? any LatentDecoder {
      let code = graph.input("latent", Shape([batch] + decoder.latentShape.dimensions))
      // Maps of codes have their channels first in files, as pictures have.
      let latent: ONNXValue = decoder.latentShape.rank == 3 ? .image(code) : .plain(code)
      let values = try module.using(context) { try module.values(of: ["latent": latent]) }
      result = try #require(values["image"]).image(in: graph)
    } else if let judge = store.model as? any PairDiscriminator {
      let x = examples.inputs(in: graph, batch: batch).x
      let code = graph.input("latent", Shape([batch] + judge.latentShape.dimensions))
      let values = try module.using(context) {
        try module.values(of: ["input": .image(x), "latent": .plain(code)])
      }
      result = try #require(values["logits"]).numbers(in: graph)
    } else {
      result = imported.model(examples.inputs(in: graph, batch: batch), in: context)
    }
    return try Self.run(
      graph, result, inputs(batch: batch), imported,
      imported.imported(program.values(in: file)))
  }

  private static func run(
    _ graph: Graph, _ result: Tensor, _ inputs: [HostArray], _ store: ParameterStore,
    _ weights: FlatWeights, precision: CPUBackend.Precision = .float32
  ) throws -> [Float] {
    let session = Session(CPUBackend(precision: precision))
    try store.write(weights, to: session)
    let executable = try session.compile(graph, outputs: [result])
    for (index, input) in inputs.enumerated() {
      switch input {
      case .float32(let values): try executable.setInput(index, values)
      case .int32(let values): try executable.setInput(index, values)
      case .uint8: break
      }
    }
    try executable.run()
    return try executable.floats(0)
  }
}
