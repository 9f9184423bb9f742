import RetortCPU
import RetortCore
import RetortFormats
import RetortModels
import RetortNN
import RetortTestSupport
import RetortTraining
import Testing

/// A denoising transformer with the weights that `Tests/Goldens/sequences/denoising.py` recorded, and its texts.
struct RecordedText {
  enum Device: String {
    case float64, float32, openCL

    var backend: any Backend {
      get throws {
        switch self {
        case .float64: CPUBackend(precision: .float64)
        case .float32: CPUBackend()
        case .openCL: try TestDevice.backend()
        }
      }
    }

    var bound: Float { self == .float64 ? 2e-6 : 1e-4 }
  }

  static let vocabulary = 29

  let file: Safetensors
  let store: ParameterStore
  let generator: DenoisingTransformer

  init() throws {
    file = try Safetensors.read("\(Goldens.folder)/sequences/denoising.safetensors")
    let options: [String: Double] = [
      "width": 12, "layers": 2, "decoder-layers": 1, "heads": 3, "feed-forward": 20, "dropout": 0,
    ]
    let model = try ModelCatalog.make(
      "denoising-transformer", options: options,
      for: .tokens(length: 10, vocabulary: Self.vocabulary),
      classes: 0)
    generator = try #require(model as? DenoisingTransformer)
    store = ParameterStore(model, name: "generator")
  }

  func session(_ device: Device) throws -> Session {
    let session = Session(try device.backend)
    let weights = try file.names.filter { $0.hasPrefix("weights.") }.map { name in
      NamedWeights(
        name: String(name.dropFirst("weights.".count)), shape: try file.tensor(name).shape,
        values: try file.floats(name))
    }
    #expect(weights.map(\.name).sorted() == store.all.map(\.path).sorted())
    try store.write(store.imported(weights), to: session)
    return session
  }

  func ids(_ name: String, in graph: Graph) throws -> Tensor {
    graph.constant(try file.int32s(name), Shape(try file.tensor(name).shape))
  }

  func texts(_ tokens: String, in graph: Graph) throws -> Example {
    Example([("tokens", try ids(tokens, in: graph)), ("mask", try ids("mask", in: graph))])
  }

  /// A small classifier of the texts.
  static func encoder(_ name: String, isFrozen: Bool, width: Int = 8) throws -> ParameterStore {
    let options: [String: Double] = [
      "width": Double(width), "layers": 1, "heads": 2, "feed-forward": 8, "dropout": 0,
    ]
    let model = try ModelCatalog.make(
      "bert", options: options, for: .tokens(length: 10, vocabulary: vocabulary), classes: 3)
    return ParameterStore(model, name: name, isFrozen: isFrozen)
  }
}
