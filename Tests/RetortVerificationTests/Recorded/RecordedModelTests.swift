import RetortCPU
import RetortCore
import RetortModels
import RetortNN
import RetortTestSupport
import Testing

@testable import RetortVerification

/// Models of the catalog beside those whose names and layouts they have.
@Suite struct RecordedModelTests {
  /// Where a model runs.
  enum Device: CaseIterable {
    case float32, float64, openCL

    var backend: any Backend {
      get throws {
        switch self {
        case .float32: CPUBackend()
        case .float64: CPUBackend(precision: .float64)
        case .openCL: try TestDevice.backend()
        }
      }
    }
  }

  /// Every model on the processor, and some on OpenCL: others' kernels differ in sizes alone.
  private static func runs(onOpenCL: [String]) -> [(String, Device)] {
    Goldens.models.flatMap { name in Device.allCases.map { (name, $0) } }
      .filter { $1 != .openCL || Sweep.isWhole || onOpenCL.contains($0) }
  }

  @Test(arguments: Goldens.models) func namesAndShapesArePyTorchs(_ name: String) throws {
    let record = try ModelRecord.read(name)
    let store = try record.store()
    let weights = store.exported(store.initialWeights(seed: 1))
    #expect(weights.map(\.name) == record.names)
    #expect(weights.map(\.shape) == record.shapes)
  }

  /// A frozen model's batch norms are folded into convolutions without bias, which must not change
  /// what it says.
  @Test(arguments: runs(onOpenCL: ["mobilenetv2", "vgg"]))
  func logitsArePyTorchs(_ name: String, _ device: Device) throws {
    let record = try ModelRecord.read(name)
    for isFrozen in device == .openCL ? [true] : [false, true] {
      let session = Session(try device.backend)
      let store = try record.store(isFrozen: isFrozen)
      try store.write(store.imported(record.weights), to: session)
      let graph = Graph()
      let logits = store.model(record.input(graph), in: ForwardContext(graph, .evaluation))
      let program = try session.compile(graph, outputs: [logits])
      try program.run()
      let found = try program.floats(0)
      #expect(VerificationResult.relativeDistance(found, record.logits) <= 2e-5, "\(isFrozen)")
      let rows = (0..<2).map { Array(found[$0 * record.classes..<($0 + 1) * record.classes]) }
      #expect(VerificationResult.relativeDistance(rows[0], rows[1]) > 1e-2)
    }
  }

  /// Where PyTorch's own float32 is off by more than 1e-5, because rounding moves a value across a
  /// corner of ReLU (MobileNetV2, 2e-2), gradients are compared in float64 alone.
  @Test(
    arguments: runs(
      onOpenCL: ["mobilenetv3_small", "vgg", "vision_transformer", "wide_resnet"]))
  func trainingStepsArePyTorchs(_ name: String, _ device: Device) throws {
    let record = try ModelRecord.read(name)
    let session = Session(try device.backend)
    let store = try record.store()
    try store.write(store.imported(record.weights), to: session)
    let graph = Graph()
    let context = ForwardContext(graph, .training)
    let logits = store.model(record.input(graph), in: context)
    let labels = graph.constant(record.labels, [ModelRecord.batch])
    let loss = crossEntropy(logits: logits, labels: labels)
    let program = try session.compile(
      graph, outputs: [loss, store.gradient(of: loss)],
      effects: store.statisticsUpdate(from: context).map { [$0] } ?? [])
    try program.run()
    var result = VerificationResult()
    result.addLosses(try program.floats(0), expected: [record.loss])
    #expect(result.losses <= 2e-5)
    guard device == .float64 || record.float32 <= 1e-5 else { return }
    var compared = 0
    for found in store.exported(parameters: try program.floats(1)) {
      guard let expected = record.gradients[found.name],
        !VerificationResult.isNegligible(expected)
      else { continue }
      compared += 1
      result.addGradient(found.values, expected: expected)
    }
    #expect(compared * 2 > record.gradients.count)
    #expect(result.gradients <= 2e-5)
  }
}

extension ModelRecord {
  fileprivate func input(_ graph: Graph) -> Tensor {
    graph.constant(images, [ModelRecord.batch, image[1], image[2], image[0]])
  }
}
