import RetortCPU
import RetortCore
import RetortFormats
import RetortNN
import RetortTestSupport
import Testing

@testable import RetortModels

/// Models that PyTorch exported, beside what ONNX Runtime computes by them.
@Suite struct ONNXModelTests {
  private static let images = [
    "mlp": ImageSize(height: 28, width: 28, channels: 1),
    "cnn": ImageSize(height: 28, width: 28, channels: 1),
    "mobile": ImageSize(height: 12, width: 12, channels: 3),
    "transformer": ImageSize(height: 12, width: 12, channels: 1),
  ]
  private static let classes = ["mlp": 10, "cnn": 10, "mobile": 5, "transformer": 4]

  /// A model with its weights on the device, and what is recorded of it.
  private struct Case {
    let store: ParameterStore
    let image: ImageSize
    /// NHWC.
    let pixels: [Float]
    let expected: [Float]
    let classes: Int

    init(_ name: String, _ session: Session) throws {
      let file = try ONNXImport("\(ONNXCases.folder)/\(name).onnx")
      image = try #require(images[name])
      classes = try #require(ONNXModelTests.classes[name])
      store = ParameterStore(try file.make(for: .image(image), classes: classes), name: "m")
      try store.write(store.imported(file.weights()), to: session)
      let record = try Safetensors.read("\(ONNXCases.folder)/\(name).safetensors")
      let given = try record.floats("input/0")
      let (count, channels) = (image.height * image.width, image.channels)
      pixels = given.indices.map { index in
        let (pixel, channel) = (index % (count * channels) / channels, index % channels)
        return given[(index / (count * channels) * channels + channel) * count + pixel]
      }
      expected = try record.floats("output/0")
    }

    var batch: Int { expected.count / classes }

    func input(_ graph: Graph) -> Tensor {
      graph.input("image", [batch, image.height, image.width, image.channels])
    }
  }

  private func run(
    _ session: Session, _ graph: Graph, _ tensors: [Tensor], _ pixels: [Float],
    _ effects: [Effect] = []
  ) throws -> [[Float]] {
    let program = try session.compile(graph, outputs: tensors, effects: effects)
    try program.setInput(0, pixels)
    try program.run()
    return try tensors.indices.map { try program.floats($0) }
  }

  @Test(
    arguments: ["mlp", "cnn", "mobile", "transformer"], ["cpu", "float64", "opencl"])
  func outputsAreThoseOfONNXRuntime(_ name: String, _ backend: String) throws {
    let session = Session(
      backend == "opencl"
        ? try TestDevice.backend() as any Backend
        : CPUBackend(precision: backend == "cpu" ? .float32 : .float64))
    let record = try Case(name, session)
    let graph = Graph()
    let logits = record.store.model(record.input(graph), in: ForwardContext(graph, .evaluation))
    #expect(logits.shape == [record.batch, record.classes])
    // The network that ends in a softmax is taken without it.
    let result = name == "cnn" ? logits.softmax() : logits
    let found = try run(session, graph, [result], record.pixels)[0]
    #expect(found.count == record.expected.count)
    for (found, expected) in zip(found, record.expected) {
      #expect(abs(found - expected) <= 1e-5 * max(1, abs(expected)))
    }
  }

  /// Token ids and their mask are told apart by the inputs' names.
  @Test(arguments: ["cpu", "opencl"]) func textsAreRead(_ backend: String) throws {
    let session = Session(
      backend == "opencl" ? try TestDevice.backend() as any Backend : CPUBackend())
    let file = try ONNXImport("\(ONNXCases.folder)/text.onnx")
    let examples = ExampleSpec.tokens(length: 6, vocabulary: 30)
    let store = ParameterStore(try file.make(for: examples, classes: 3), name: "m")
    try store.write(store.imported(file.weights()), to: session)
    let record = try Safetensors.read("\(ONNXCases.folder)/text.safetensors")
    let graph = Graph()
    let logits = store.model(
      examples.inputs(in: graph, batch: 3), in: ForwardContext(graph, .evaluation))
    let program = try session.compile(graph, outputs: [logits], effects: [])
    for index in 0..<2 {
      let ids = try #require(try record.tensor("input/\(index)").int32s)
      try program.setInput(index, ids)
    }
    try program.run()
    let (found, expected) = (try program.floats(0), try record.floats("output/0"))
    #expect(found.count == expected.count)
    for (found, expected) in zip(found, expected) { #expect(abs(found - expected) <= 1e-5) }
  }

  /// The derivative along one direction of all weights, by central differences.
  @Test(arguments: ["mobile", "transformer"])
  func gradientsAreThoseOfDifferences(_ name: String) throws {
    let session = Session(CPUBackend(precision: .float64))
    let record = try Case(name, session)
    let graph = Graph()
    let logits = record.store.model(record.input(graph), in: ForwardContext(graph, .evaluation))
    let loss =
      (logits
      * graph.constant((0..<logits.shape.count).map { 10 * Float($0 % 3) - 10 }, logits.shape))
      .sum()
    let gradient = record.store.gradient(of: loss)
    let found = try run(session, graph, [gradient], record.pixels)[0]
    let weights = try record.store.weights(in: session)
    var generator = SeededGenerator(state: 3)
    let direction = weights.parameters.map { _ in Float.random(in: -1...1, using: &generator) }
    let slope = zip(found, direction).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
    var ends: [Double] = []
    for sign: Float in [-1, 1] {
      var moved = weights
      for index in moved.parameters.indices {
        moved.parameters[index] += sign * direction[index] / 4096
      }
      try record.store.write(moved, to: session)
      ends.append(Double(try run(session, graph, [loss], record.pixels)[0][0]))
    }
    let expected = (ends[1] - ends[0]) * 2048
    #expect(abs(slope) > 1)
    #expect(abs(slope - expected) <= 2e-3 * abs(slope), "\(slope) \(expected)")
  }

  @Test func weightsKeepTheirNamesAndComeBack() throws {
    let session = Session(CPUBackend())
    let record = try Case("cnn", session)
    let names = record.store.all.map(\.path)
    for name in [
      "stem.weight", "bn.running_mean", "bn.running_var", "block.conv1.weight", "fc.bias",
    ] {
      #expect(names.contains(name), "\(names)")
    }
    #expect(record.store.buffers.count == 6)
    let file = try ONNXImport("\(ONNXCases.folder)/cnn.onnx")
    let exported = record.store.exported(try record.store.weights(in: session))
    #expect(
      exported.sorted { $0.name < $1.name } == (try file.weights()).sorted { $0.name < $1.name })
  }

  /// Batch norms of a student follow its batches.
  @Test func trainingMovesRunningStatistics() throws {
    let session = Session(CPUBackend())
    let record = try Case("cnn", session)
    let graph = Graph()
    let context = ForwardContext(graph, .training)
    let logits = record.store.model(record.input(graph), in: context)
    let update = try #require(record.store.statisticsUpdate(from: context))
    let before = try record.store.weights(in: session).buffers
    _ = try run(session, graph, [logits], record.pixels, [update])
    #expect(try record.store.weights(in: session).buffers != before)
  }

  @Test func valuesAreTappedByTheirNames() throws {
    let session = Session(CPUBackend())
    let record = try Case("cnn", session)
    let name = try #require(
      (record.store.model as? ONNXModule)?.valueNames.first { $0.contains("MaxPool") })
    let examples = ExampleSpec.image(record.image)
    #expect(try record.store.tapShapes([name], of: examples) == [name: [2, 7, 7, 6]])
    #expect(throws: TapError.self) { try record.store.tapShapes([name + "x"], of: examples) }
  }

  @Test func misfitsAreNamed() throws {
    let path = "\(ONNXCases.folder)/cnn.onnx"
    let file = try ONNXImport(path)
    let image = ImageSize(height: 28, width: 28, channels: 1)
    #expect(throws: ModelError.self) { try file.make(for: .image(image), classes: 9) }
    do {
      _ = try file.make(for: .image(ImageSize(height: 32, width: 32, channels: 3)), classes: 10)
      Issue.record("pictures of another size were taken")
    } catch {
      #expect(
        "\(error)" == "model '\(path)': input 'input' takes [batch, 1, 28, 28]; the data's "
          + "pictures are [batch, 3, 32, 32]")
    }
    #expect(file.examples == .image(image))
    #expect(try file.classes(for: .image(image)) == 10)
  }

  /// Spoilt files are refused or run; none stops the program.
  @Test(arguments: ["cnn", "transformer"]) func spoiltFilesAreRefused(_ name: String) throws {
    let bytes = try FileBytes.read("\(ONNXCases.folder)/\(name).onnx")
    let image = try #require(Self.images[name])
    var spoiler = Spoiler(seed: 11)
    var refused = 0
    for _ in 0..<(Sweep.isWhole ? 4000 : 400) {
      do {
        let model = try ONNXModel.parse(spoiler.damaged(bytes), path: "spoilt")
        let program = try ONNXProgram(model)
        let module = ONNXModule(program, result: program.outputs[0])
        let store = ParameterStore(module, name: "m")
        let graph = Graph()
        let examples = ExampleSpec.image(image).inputs(in: graph, batch: 2)
        _ = module(examples, in: ForwardContext(graph, .evaluation))
        if graph.error != nil { refused += 1 }
        _ = store
      } catch { refused += 1 }
    }
    #expect(refused > 20)
  }
}
