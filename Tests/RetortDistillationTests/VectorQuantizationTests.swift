import RetortCPU
import RetortCore
import RetortFormats
import RetortModels
import RetortNN
import RetortTestSupport
import RetortTraining
import RetortVerification
import Testing

@testable import RetortDistillation

/// A generator with a codebook, beside PyTorch: `Tests/Goldens/schemes/quantized.py` recorded a step.
@Suite struct VectorQuantizationTests {
  private static let size = ImageSize(height: 12, width: 8, channels: 1)

  /// The three terms, the loss of each example, and the gradient of the sum, of the recorded weights.
  @Test(arguments: ["cpu", "opencl"]) func aStepIsPyTorchs(_ device: String) throws {
    let record = try Safetensors.read("\(Goldens.folder)/schemes/quantized.safetensors")
    func number(_ key: String) throws -> Double { try #require(Double(record.metadata[key] ?? "")) }
    let session = Session(device == "cpu" ? CPUBackend() : try TestDevice.backend())
    let options = try ["latent", "entries", "width"].reduce(into: [String: Double]()) {
      $0[$1] = try number($1)
    }
    let model = try ModelCatalog.make(
      "vq-vae", options: options, for: .image(Self.size), classes: 1)
    let store = ParameterStore(model, name: "generator")
    let weights = try record.names.filter { $0.hasPrefix("weight.") }.map { name in
      NamedWeights(
        name: String(name.dropFirst(7)), shape: try record.tensor(name).shape,
        values: try record.floats(name))
    }
    try store.write(store.imported(weights), to: session)
    let loss = VectorQuantizationLoss(commitment: try number("commitment"))
    let graph = Graph()
    let inputs = StepInputs(
      graph: graph,
      example: Example(graph.constant(try record.floats("pictures"), [5, 12, 8, 1])),
      labels: graph.constant([0, 0, 0, 0, 0] as [Int32], [5]),
      indices: graph.constant([0, 1, 2, 3, 4] as [Int32], [5]),
      randomState: graph.constant([0, 0, 0] as [Int32], [3]))
    let context = inputs.context(.training)
    let terms = loss.terms(
      Comparison(
        inputs: inputs, context: context, learner: model, examples: inputs.example, student: nil,
        teacher: nil, labels: inputs.labels), name: "vq")
    #expect(terms.map(\.name) == ["reconstruction", "codebook", "commitment"])
    let total = terms.dropFirst().reduce(terms[0].value * terms[0].weight) {
      $0 + $1.value * $1.weight
    }
    let generator = try #require(model as? any Generator)
    let rows = generator.using(context) { loss.rows(generator, inputs.example.x) }
    let program = try session.compile(
      graph, outputs: terms.map(\.value) + [store.gradient(of: total), rows.mean(), total])
    try program.run()
    let expected = try record.floats("terms")
    for index in 0..<3 {
      let found = try program.floats(index)[0]
      #expect(abs(found - expected[index]) <= 2e-5 * abs(expected[index]), "\(terms[index].name)")
    }
    for entry in store.exported(parameters: try program.floats(3)) {
      let known = try record.floats("gradient.\(entry.name)")
      #expect(
        VerificationResult.relativeDistance(entry.values, known) < 2e-5, "\(entry.name)")
    }
    let (mean, sum) = (try program.floats(4)[0], try program.floats(5)[0])
    #expect(abs(mean - sum) < 1e-4 * abs(sum))
  }

  /// Codes become vectors of the codebook, each the nearest one, and a code that is one is its own.
  @Test func codesBecomeTheNearestVectors() throws {
    let model = try #require(VQVAE(image: Self.size, latent: 2, entries: 5, width: 1))
    let store = ParameterStore(model, name: "generator")
    let session = Session(CPUBackend())
    var weights = store.exported(store.initialWeights(seed: 1))
    let place = try #require(weights.firstIndex { $0.name == "codebook.weight" })
    weights[place].values = [0, 0, 1, 0, 0, 1, -1, 0, 0, -3]
    try store.write(store.imported(weights), to: session)
    let codes: [Float] = [0.1, 0.2, 0.9, 0, 0.4, 0.7, -5, 1, 0, -1.4, 0, -1.6]
    let graph = Graph()
    let z = graph.constant(codes, [1, 3, 2, 2])
    let program = try session.compile(
      graph, outputs: [model.using(ForwardContext(graph, .evaluation)) { model.nearest(to: z) }])
    try program.run()
    #expect(try program.floats(0) == [0, 0, 1, 0, 0, 1, -1, 0, 0, 0, 0, -3])
  }

  /// Losses and generators that do not fit are told of.
  @Test func faultsAreTold() {
    func faults(_ loss: any DistillationLoss, quantizes: Bool) -> [String] {
      Generative().faults(
        of: CastPlan(encodes: true, quantizes: quantizes, losses: [NamedLoss(loss)])
      ).map(\.message)
    }
    #expect(faults(VectorQuantizationLoss(), quantizes: true).isEmpty)
    #expect(
      faults(VectorQuantizationLoss(), quantizes: false) == [
        "loss 'vq' needs a generator with a codebook, vq-vae"
      ])
    #expect(faults(VariationalLoss(), quantizes: true).count == 1)
    #expect(faults(VariationalLoss(), quantizes: false).isEmpty)
  }
}
