import RetortCore
import RetortData
import RetortNN
import RetortTestSupport
import Testing

@testable import RetortOpenCL
@testable import RetortTraining

/// Whole trainings in fp16, on matrix units that plain C takes the place of.
@Suite struct HalfTrainingTests {
  private static let pictures = ImageDataset(
    name: "bars",
    images: (0..<48 * 64).map { (index: Int) -> UInt8 in
      let noise = (index &* 2_654_435_761 >> 7) & 127
      return UInt8(index % 64 / 24 == index / 64 % 3 ? 255 - noise : noise)
    },
    labels: (0..<48).map { Int32($0 % 3) }, height: 8, width: 8, channels: 1,
    classNames: ["a", "b", "c"])

  /// Trains a small network for some steps; returns its losses, and its weights at the end.
  private func train(
    _ matrix: MatrixUnits?, _ scaling: LossScaling?, weight: Double = 1
  ) throws -> (losses: [Double], scale: Double?, weights: FlatWeights, start: FlatWeights) {
    let context = try TestDevice.context(.tiled)
    let session = Session(try OpenCLBackend(context, form: .tiled, matrix: matrix, store: nil))
    let store = ParameterStore(
      Sequential([
        Conv2d(1, 4, kernel: 3, padding: 1), ReLU(), Conv2d(4, 8, kernel: 3, stride: 2), ReLU(),
        Flatten(), Linear(72, 3),
      ]), name: "student")
    let start = store.initialWeights(seed: 4)
    try store.write(start, to: session)
    let state = OptimizerState(
      Adam(learningRate: 1e-2, epsilon: 1e-16), lossScaling: scaling, for: store)
    let loader = BatchLoader(dataset: Self.pictures)
    let scheme = SimpleScheme("student") {
      let logits = store.model($0.example, in: $0.context(.training))
      let loss = crossEntropy(logits: logits, labels: $0.labels)
      return Objective(terms: [LossTerm("cross-entropy", weight: weight, loss)])
    }
    let program = try StepProgram(
      session, [Learner(store, state, learningRate: 1e-2)], batch: 16, loader: loader, seed: 9,
      scheme: scheme)
    let loop = TrainingLoop(
      program,
      options: TrainingOptions(steps: 12, logEvery: 1))
    var losses: [Double] = []
    var scale: Double?
    let order = try BatchOrder(count: 48, batchSize: 16, seed: 9)
    try loop.run(
      Prefetcher(loader: loader, order: order),
      report: {
        losses.append($0.losses[1].value)
        scale = $0.losses.first { $0.name == "loss-scale" }?.value
      })
    return (losses, scale, try store.weights(in: session), start)
  }

  @Test(arguments: MatrixInstruction.allCases)
  func aTrainingInHalvesIsNearOneInFloats(_ instruction: MatrixInstruction) throws {
    let halves = MatrixUnits(instruction: instruction, compute: .fp16, isEmulated: true)
    let exact = try train(nil, nil), near = try train(halves, LossScaling())
    #expect(exact.scale == nil && near.scale == 65536)
    #expect(exact.losses[11] < 0.9 * exact.losses[0])
    #expect(near.losses != exact.losses)
    for (x, y) in zip(exact.losses, near.losses) { #expect(abs(x - y) <= 1e-2 * x) }
  }

  /// The gradient of a small loss is nothing in halves, unless it is scaled.
  @Test func scalingKeepsSmallGradients() throws {
    let halves = MatrixUnits(instruction: .mma, compute: .fp16, isEmulated: true)
    let exact = try train(nil, nil, weight: 1e-7)
    let lost = try train(halves, nil, weight: 1e-7)
    let kept = try train(halves, LossScaling(), weight: 1e-7)
    #expect(exact.losses[11] < 0.9 * exact.losses[0])
    for (x, y) in zip(exact.losses, kept.losses) { #expect(abs(x - y) <= 2e-2 * x) }
    // The weights of the first layer.
    let first = [lost.start, lost.weights, kept.weights].map { $0.parameters.prefix(36) }
    #expect(first[0] == first[1] && first[0] != first[2])
  }
}
