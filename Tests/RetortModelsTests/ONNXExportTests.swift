import Foundation
import RetortCPU
import RetortCore
import RetortFormats
import RetortNN
import RetortTestSupport
import Testing

@testable import RetortModels

/// Models written as ONNX and read back.
@Suite struct ONNXExportTests {
  @Test(arguments: ExportCase.names) func filesComputeTheSame(_ name: String) throws {
    let model = try ExportCase(name)
    let bytes = try model.exported().encoded()
    let file = try ONNXModel.parse(bytes)
    for batch in [1, 3] {
      let (found, expected) = (
        try model.outputs(of: file, batch: batch), try model.outputs(batch: batch)
      )
      #expect(found.count == expected.count)
      let scale = expected.reduce(0) { max($0, abs($1)) }
      #expect(Set(expected).count >= batch)
      let far = zip(found, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
      #expect(far <= 1e-5 * scale, "\(far) of \(scale) in a batch of \(batch)")
    }
    #expect(try model.exported().encoded() == bytes)
  }

  /// Convolutions stay channels first, and take their biases; nothing is transposed.
  @Test(arguments: ["lenet5", "resnet8", "mobilenetv3-small", "conv-vae", "dcgan-discriminator"])
  func convolutionsNeedNoTranspositions(_ name: String) throws {
    let nodes = try ExportCase(name).exported().nodes
    #expect(nodes.contains { $0.operation.hasPrefix("Conv") })
    #expect(!nodes.contains { $0.operation == "Transpose" })
    for node in nodes where node.operation == "Gemm" { #expect(node.inputs.count >= 2) }
    // What is added is residual.
    if name == "lenet5" || name == "conv-vae" { #expect(!nodes.contains { $0.operation == "Add" }) }
  }

  @Test func inputsOutputsAndWeightsHaveTheirNames() throws {
    var metadata = ONNXMetadata()
    (metadata.model, metadata.recipe, metadata.classNames) = ("m", "r", ["a", "\"b\"", "é"])
    (metadata.mean, metadata.deviation, metadata.lowercase) = ([0.1, 0.5], [1, 0.25], false)
    func signature(_ name: String) throws -> String {
      let file = try ONNXModel.parse(ExportCase(name).exported(metadata: metadata).encoded())
      #expect(file.opset == 17 && file.producer == "retort" && file.producerVersion == "1.2.3")
      #expect(try ONNXMetadata(file) == metadata)
      let values = (file.inputs + file.outputs).map {
        "\($0.name) \($0.elementType?.rawValue ?? "-") \($0.shapeText)"
      }
      return values.joined(separator: "; ")
    }
    #expect(
      try signature("lenet5") == "input F32 [batch, 3, 16, 12]; logits F32 [batch, 5]")
    #expect(
      try signature("bert")
        == "input_ids I64 [batch, 6]; attention_mask I64 [batch, 6]; logits F32 [batch, 5]")
    #expect(
      try signature("sentence-bert")
        == "input_ids I64 [batch, 6]; attention_mask I64 [batch, 6]; embedding F32 [batch, 4]")
    for name in ["conv-vae", "dcgan"] {
      #expect(try signature(name) == "latent F32 [batch, 5]; image F32 [batch, 3, 16, 12]")
    }
    #expect(
      try signature("dcgan-discriminator")
        == "input F32 [batch, 3, 16, 12]; logits F32 [batch, 1]")
    #expect(
      try signature("bigan-discriminator")
        == "input F32 [batch, 3, 16, 12]; latent F32 [batch, 5]; logits F32 [batch, 1]")
    let model = try ExportCase("resnet8")
    let (file, weights) = (try model.exported(), model.store.exported(model.weights))
    let tensors = Dictionary(uniqueKeysWithValues: file.initialisers)
    for entry in weights {
      #expect(tensors[entry.name] == HostTensor(shape: entry.shape, floats: entry.values))
    }
    #expect(Array(file.initialisers.map(\.name).prefix(weights.count)) == weights.map(\.name))
  }

  /// What holds for one size of the batch, and what is of training, is named with its place.
  @Test func whatCannotBeExportedIsNamed() throws {
    func error(_ function: @escaping (Tensor) -> Tensor) throws -> ExportError? {
      let module = Sequential(FunctionModel(function))
      let model = ExportCase(module, .image(ImageSize(height: 4, width: 4, channels: 1)))
      return #expect(throws: ExportError.self) { try model.exported() }
    }
    #expect(
      try error { $0.flatten() - $0.flatten().mean(axes: [0], keepingAxes: true) }
        == .fixedBatch(operation: "fill", node: "model.0"))
    #expect(
      try error { Tensor.concatenate([$0, $0.slice(axis: 0, 0..<1)], axis: 0).flatten() }
        == .fixedBatch(operation: "concatenate", node: "model.0"))
    #expect(
      try error { $0.flatten().slice(axis: 0, 0..<1) }
        == .fixedBatch(operation: "slice", node: "model.0"))
    #expect(
      try error { $0.flatten().latentStep(.plain, gradient: $0.flatten(), size: $0.sum()) }
        == .training(operation: "latentStep", node: "model.0"))
    #expect(
      try error {
        $0.graph.variable(Variable(name: "other", count: 128), [128]) + $0.sum(axes: [1, 2])
      } == .foreignState(name: "other", node: "model.0"))
    guard case .graph? = try error({ $0.matmul($0.flatten()) }) else {
      Issue.record("a fault of the graph was taken")
      return
    }
    #expect(
      "\(ExportError.training(operation: "random", node: "model.0"))"
        == "model.0: random stands in training alone, so ONNX has none; export the model in "
        + "evaluation mode")
    let model = try ExportCase("mlp")
    #expect(throws: ExportError.missingWeights("fc1.weight")) {
      try ONNXExport.model(of: model.store, for: model.examples, weights: [], version: "")
    }
  }

  /// A model that is to read other pictures than plain ones is put behind their normalisation.
  @Test func normalisationsOfFilesAreKept() throws {
    let path = try temporaryFolder().path + "/m.onnx"
    let model = try ExportCase("lenet5-small")
    func imported(mean: [Float], deviation: [Float]) throws -> Module {
      var metadata = ONNXMetadata()
      (metadata.mean, metadata.deviation) = (mean, deviation)
      try model.exported(metadata: metadata).write(to: path)
      return try ONNXImport(path).make(for: model.examples, classes: 5)
    }
    #expect(try imported(mean: [0, 0, 0], deviation: [1, 1, 1]) is ONNXModule)
    let found = try imported(mean: [0, 0.25, 0], deviation: [1, 1, 0.5]) as? NormalizedInput
    #expect(found?.mean == [0, 0.25, 0] && found?.deviation == [1, 1, 0.5])
    #expect(throws: ModelError.self) { try imported(mean: [0, 0.25], deviation: [1]) }
    #expect(throws: ModelError.self) { try imported(mean: [0], deviation: [0]) }
  }

  /// Writes models and numbers for `Benchmarks/peers/onnx_runtime.py`, which runs them elsewhere, to the folder
  /// that `RETORT_ONNX_EXPORTS` names.
  @Test func modelsAreWrittenForOthers() throws {
    guard let folder = ProcessInfo.processInfo.environment["RETORT_ONNX_EXPORTS"] else { return }
    for name in ExportCase.names {
      let model = try ExportCase(name)
      let path = "\(folder)/\(name.replacing(" ", with: "-"))"
      try model.exported().write(to: path + ".onnx")
      var tensors: [String: HostTensor] = [:]
      for batch in [1, 3, 8] {
        for (index, input) in model.inputs(batch: batch).enumerated() {
          tensors["\(batch)/input/\(index)"] =
            switch input {
            case .float32(let values): HostTensor(shape: [values.count], floats: values)
            case .int32(let values):
              HostTensor(shape: [values.count], int64s: values.map(Int64.init))
            case .uint8(let values): HostTensor(shape: [values.count], uint8s: values)
            }
        }
        let output = try model.outputs(batch: batch, precision: .float64)
        tensors["\(batch)/output"] = HostTensor(shape: [output.count], floats: output)
      }
      try Safetensors(tensors: tensors).write(to: path + ".safetensors")
    }
  }
}
