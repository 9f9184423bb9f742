import RetortCore
import RetortModels
import RetortNN
import RetortTraining

/// The time of one model's training step on one device.
struct StepTiming {
  let model: String
  /// Kernel launches of one step.
  let launches: Int
  /// Device memory besides weights, in bytes.
  let byteCount: Int
  /// Seconds from the model's description to the end of the first step.
  let buildSeconds: Double
  /// Steps of one sample.
  let stepsPerSample: Int
  /// Seconds per step, ascending.
  let samples: [Double]

  /// The middle sample.
  var median: Double { samples[samples.count / 2] }

  /// Builds the step, warms it up and times it.
  ///
  /// - Throws: `ModelError`, `GraphError` or the device's errors.
  init(_ name: String, batch: Int, repeats: Int, on backend: any Backend) throws {
    let clock = ContinuousClock()
    let began = clock.now
    let session = Session(backend)
    let image = ImageSize(height: 28, width: 28, channels: 1)
    let store = ParameterStore(
      try ModelCatalog.make(name, image: image, classes: 10), name: name)
    try store.write(store.initialWeights(seed: 1), to: session)
    let optimizer = OptimizerState(Adam(learningRate: 1e-3), for: store)
    let program = try StepProgram(
      session, store, optimizer, batch: batch, imageShape: [28, 28, 1], seed: 1
    ) { inputs in
      let context = inputs.context(.training)
      let logits = store.model(inputs.images, in: context)
      return Objective(
        terms: [LossTerm("cross-entropy", crossEntropy(logits: logits, labels: inputs.labels))],
        effects: [store.statisticsUpdate(from: context)].compactMap { $0 })
    }
    let data = SyntheticBatch(batch, image)
    var step = 0
    func seconds(_ count: Int) throws -> Double {
      let start = clock.now
      for _ in 0..<count {
        try data.run(program, step: step)
        step += 1
      }
      try program.finish()
      return (clock.now - start).seconds
    }
    _ = try seconds(1)
    buildSeconds = (clock.now - began).seconds
    let rough = try seconds(3) / 3
    let count = max(3, min(2000, Int(0.2 / rough)))
    _ = try seconds(count)
    samples = try (0..<repeats).map { _ in try seconds(count) / Double(count) }.sorted()
    // A step that went wrong is fast for nothing.
    if let bad = try zip(program.names, program.losses()).first(where: { !$0.1.isFinite }) {
      throw TrainingError.notFinite(
        term: bad.0, value: "\(bad.1)", step: step, learningRate: 1e-3)
    }
    (model, stepsPerSample) = (name, count)
    (launches, byteCount) = (program.launchCount, program.byteCount)
  }
}

/// One batch of made-up pictures, no two alike.
private struct SyntheticBatch {
  private let images: [Float]
  private let labels: [Int32]

  init(_ batch: Int, _ image: ImageSize) {
    var state: UInt64 = 1
    images = (0..<batch * image.count).map { _ in
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Float(state >> 40) / Float(1 << 24)
    }
    labels = (0..<batch).map { Int32($0 % 10) }
  }

  func run(_ program: StepProgram, step: Int) throws {
    try images.withUnsafeBufferPointer { images in
      try labels.withUnsafeBufferPointer { labels in
        try program.run(
          images: images, labels: labels, indices: labels.indices.map(Int32.init),
          learningRate: 1e-3, step: step)
      }
    }
  }
}
