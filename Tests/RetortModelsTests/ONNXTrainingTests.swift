import RetortCPU
import RetortCore
import RetortFormats
import RetortModels
import RetortNN
import RetortTestSupport
import RetortTraining
import Testing

/// Models that PyTorch exported, trained here beside what PyTorch recorded of their training.
@Suite struct ONNXTrainingTests {
  private static let folder = ONNXCases.folder + "/training"
  private static let image = ImageSize(height: 8, width: 8, channels: 2)
  private static let classes = 5

  /// The losses of SGD's steps on one batch each.
  private func losses(_ file: ONNXImport, on session: Session) throws -> [Float] {
    let record = try Safetensors.read(Self.folder + "/losses.safetensors")
    let shape = try record.tensor("pictures").shape
    let pictures = try record.floats("pictures")
    let labels = try #require(try record.tensor("labels").int32s)
    let (steps, batch) = (shape[0], shape[1])
    let store = ParameterStore(
      try file.make(for: .image(Self.image), classes: Self.classes), name: "m")
    let graph = Graph()
    let context = ForwardContext(graph, .training)
    // The record has channels first.
    let input = graph.input("pictures", [batch, 2, 8, 8])
    let logits = store.model(input.transpose([0, 2, 3, 1]), in: context)
    let loss = logits.crossEntropyRows(graph.input("labels", [batch], .int32)).mean()
    let effects =
      OptimizerState(SGD(learningRate: 0.1), for: store).effects(
        on: store, gradient: store.gradient(of: loss), learningRate: graph.fill(0.1),
        step: graph.input("step", [1], .int32))
      + [store.statisticsUpdate(from: context)].compactMap(\.self)
    try store.write(store.imported(file.weights()), to: session)
    let program = try session.compile(graph, outputs: [loss], effects: effects)
    return try (0..<steps).flatMap { step in
      let size = batch * 128
      try program.setInput(0, Array(pictures[step * size..<(step + 1) * size]))
      try program.setInput(1, Array(labels[step * batch..<(step + 1) * batch]))
      try program.setInput(2, [Int32(step + 1)])
      try program.run()
      return try program.floats(0)
    }
  }

  /// Models of both exporters, which differ little; on OpenCL those of one, unless tests sweep wholly.
  private static let cases = ["mlp", "cnn", "resnet", "encoder"].flatMap { name in
    [("script", "cpu"), ("dynamo", "cpu"), ("script", "opencl")].map { ("\(name)-\($0)", $1) }
      + (Sweep.isWhole ? [("\(name)-dynamo", "opencl")] : [])
  }

  @Test(arguments: cases) func lossesAreThoseOfPyTorch(_ name: String, _ backend: String) throws {
    let session = Session(
      backend == "opencl" ? try TestDevice.backend() as any Backend : CPUBackend())
    let found = try losses(ONNXImport("\(Self.folder)/\(name).onnx"), on: session)
    let record = try Safetensors.read(Self.folder + "/losses.safetensors")
    let expected = try record.floats(String(name.prefix { $0 != "-" }))
    #expect(found.count == expected.count && expected.count == 20)
    for (found, expected) in zip(found, expected) {
      #expect(Swift.abs(found - expected) <= 1e-4 * expected)
    }
  }

  /// Weights that are equal when a file is written have a second name there, and learn apart.
  @Test func equalWeightsLearnApart() throws {
    let file = try ONNXImport("\(Self.folder)/resnet-script.onnx")
    let module = try file.make(for: .image(Self.image), classes: Self.classes)
    let names = ParameterStore(module, name: "m").all.map(\.path)
    for name in ["bn.bias", "blocks.1.bn2.bias", "blocks.1.bn2.running_var"] {
      #expect(names.contains(name), "\(names)")
    }
    #expect(try file.weights().map(\.name).sorted() == names.sorted())
  }
}
