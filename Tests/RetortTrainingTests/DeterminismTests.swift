import RetortCPU
import RetortCore
import RetortData
import RetortNN
import RetortTestSupport
import Testing

@testable import RetortTraining

@Suite struct DeterminismTests {
  private static let pictures = ImageDataset(
    name: "noise",
    images: (0..<40 * 64).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 7) },
    labels: (0..<40).map { Int32($0 % 3) }, height: 8, width: 8, channels: 1,
    classNames: ["a", "b", "c"])

  /// Trains a small network with everything that is random; returns its weights.
  private func train(
    on backend: any Backend, threads: Int = 1, depth: Int = 3, logEvery: Int = 50,
    evaluateEvery: Int? = nil, checkpointEvery: CheckpointInterval? = nil, stops: [Int] = []
  ) throws -> (weights: FlatWeights, losses: [Double]) {
    let session = Session(backend)
    let data = Self.pictures
    let store = ParameterStore(
      Sequential([
        Conv2d(1, 4, kernel: 3, padding: 1, bias: false), BatchNorm(4), ReLU(), Flatten(),
        Dropout(0.3), Linear(256, 3),
      ]), name: "student")
    try store.write(store.initialWeights(seed: 4), to: session)
    let optimizer = OptimizerState(Adam(learningRate: 1e-2), for: store)
    let loader = BatchLoader(
      dataset: data, augmentation: Augmentation(shift: 1, flip: true, cutout: 2), seed: 9)
    let scheme = SimpleScheme("student") { inputs in
      let context = inputs.context(.training)
      let loss = crossEntropy(
        logits: store.model(inputs.example, in: context), labels: inputs.labels)
      return Objective(
        terms: [LossTerm("cross-entropy", loss)],
        effects: store.statisticsUpdate(from: context).map { [$0] } ?? [])
    }
    let learner = Learner(
      store, optimizer, learningRate: 1e-2, schedule: CosineSchedule(steps: 24))
    let program = try StepProgram(
      session, [learner], batch: 12, loader: loader, seed: 9, scheme: scheme)
    let loop = TrainingLoop(
      program,
      options: TrainingOptions(
        steps: 24, logEvery: logEvery, evaluateEvery: evaluateEvery,
        checkpointEvery: checkpointEvery))
    var (state, kept) = (TrainingState(), TrainingState())
    for stop in stops + [24] {
      let order = try BatchOrder(
        count: data.count, batchSize: 12, seed: 9, position: state.position)
      let batches = Prefetcher(
        loader: loader, order: order, batchLimit: 24 - state.step, depth: depth, threads: threads)
      var asked = state.step
      do {
        try loop.run(
          batches, from: state, report: { _ in },
          evaluate: { _ in
            _ = try Inference(session, store, pipeline: ImagePipeline(data.size)).outputs(data)
            return true
          }, checkpoint: { kept = $0 },
          isCancelled: {
            asked += 1
            return asked > stop && stop < 24
          })
      } catch TrainingError.interrupted(let step) {
        #expect(step == stop)
      }
      state = kept
    }
    #expect(state.step == 24)
    return (try store.weights(in: session), state.losses.map(\.value))
  }

  private func backend(_ name: String) throws -> any Backend {
    name == "cpu" ? CPUBackend() : try TestDevice.backend()
  }

  @Test(arguments: ["cpu", "opencl"]) func howItIsWatchedChangesNoBit(_ name: String) throws {
    let backend = try backend(name)
    let plain = try train(on: backend)
    for threads in [0, 4] {
      #expect(try train(on: backend, threads: threads, depth: 5).weights == plain.weights)
    }
    #expect(try train(on: backend, logEvery: 1, evaluateEvery: 5).weights == plain.weights)
    #expect(try train(on: backend, checkpointEvery: .steps(2)).weights == plain.weights)
    #expect(try train(on: backend, checkpointEvery: .seconds(1e-6)).weights == plain.weights)
    let stopped = try train(on: backend, stops: [1, 5, 16])
    #expect(stopped.weights == plain.weights && stopped.losses == plain.losses)
  }

  /// Sums in another order: each step adds rounding of 2⁻²⁴ relative, which 24 steps of Adam blow
  /// up where a gradient is near zero, as its sign decides a whole step.
  @Test func processorAndDeviceAgree() throws {
    let (a, b) = (try train(on: backend("cpu")), try train(on: backend("opencl")))
    for (x, y) in zip(a.losses, b.losses) { #expect(abs(x - y) <= 1e-4 * abs(x)) }
    for (x, y) in zip(a.weights.parameters, b.weights.parameters) {
      #expect(abs(x - y) <= 1e-3, "\(x) and \(y)")
    }
    for (x, y) in zip(a.weights.buffers, b.weights.buffers) {
      #expect(abs(x - y) <= 1e-3 * max(1, abs(x)), "\(x) and \(y)")
    }
  }
}
