import Foundation
import RetortCPU
import RetortCore
import RetortData
import RetortNN
import RetortTestSupport
import Testing

@testable import RetortTraining

/// Loss scaling beside PyTorch's, over gradients of which some overflow float32 when scaled.
@Suite struct LossScalingTests {
  /// What `Tests/Goldens/training/loss_scaling.py` prints of one training.
  struct Record: Decodable {
    struct Rule: Decodable {
      let name: String
      let lr: Double
      let momentum: Double?
      let weight_decay: Double
    }
    struct Clipping: Decodable {
      let clip_norm: Double?
      let clip_value: Double?
    }
    let optimizer: Rule
    let clipping: Clipping
    let start: [Float]
    /// One gradient, the scale before and the weights after, for each step.
    let inputs, weights: [[Float]]
    let scales: [Double]

    static func all() throws -> [Record] {
      struct File: Decodable { let runs: [Record] }
      let file = URL(fileURLWithPath: "\(Goldens.folder)/training/loss_scaling.json")
      return try JSONDecoder().decode(File.self, from: Data(contentsOf: file)).runs
    }
  }

  /// A training of eight weights, of which any gradient may be asked.
  final class Run {
    let session: Session
    let store = ParameterStore(Linear(8, 1, bias: false), name: "student")
    let state: OptimizerState
    let program: StepProgram

    init(_ record: Record, on device: String) throws {
      session = Session(device == "cpu" ? CPUBackend() : try TestDevice.backend())
      let (rule, clipping) = (record.optimizer, record.clipping)
      var scaling = LossScaling()
      scaling.interval = 3
      let rate = rule.lr
      let optimizer: any Optimizer =
        switch rule.name {
        case "sgd":
          SGD(learningRate: rate, momentum: rule.momentum ?? 0, weightDecay: rule.weight_decay)
        case "adam": Adam(learningRate: rate, weightDecay: rule.weight_decay)
        default: AdamW(learningRate: rate, weightDecay: rule.weight_decay)
        }
      state = OptimizerState(
        optimizer,
        clipping: clipping.clip_norm.map { .norm($0) } ?? clipping.clip_value.map { .value($0) },
        lossScaling: scaling, for: store)
      try session.write(record.start, to: store.parameterVariable)
      let (store, state) = (store, state)
      let scheme = SimpleScheme(store.name) {
        let product = store.model($0.example, in: $0.context(.training))
        return Objective(terms: [LossTerm("product", product.sum())])
      }
      let fields = [Field("factors", [8], .float32)]
      program = try StepProgram(
        session, [Learner(store, state, learningRate: rule.lr)], batch: 1, fields: fields,
        pipeline: PlainPipeline(fields), seed: 1, scheme: scheme)
    }

    /// Follows `gradient`; returns what is logged of the step, by name.
    func step(_ gradient: [Float], _ number: Int) throws -> [String: Double] {
      try program.run(
        fields: [.float32(gradient)], labels: [0], indices: [0], step: number)
      return Dictionary(uniqueKeysWithValues: zip(program.names, try program.losses()))
    }

    /// Parameters and all state.
    func variables() throws -> [[Float]] {
      try ([store.parameterVariable] + state.variables).map(session.read)
    }
  }

  @Test(arguments: ["cpu", "opencl"], 0..<3)
  func weightsAndScalesFollowPyTorch(_ device: String, _ index: Int) throws {
    let record = try Record.all()[index]
    let run = try Run(record, on: device)
    for (step, x) in record.inputs.enumerated() {
      let before = try run.variables()
      let logged = try run.step(x, step)
      let after = try run.variables()
      #expect(logged["loss-scale"] == record.scales[step])
      for (w, expected) in zip(after[0], record.weights[step]) {
        #expect(abs(w - expected) <= 2e-5 * max(1, abs(expected)), "step \(step)")
      }
      let isBad = x.contains { abs($0) > 1e30 }
      let norm = isBad ? 0 : x.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      if let found = logged["gradient-norm"] { #expect(abs(found - norm) <= 1e-5 * norm) }
      if isBad { #expect(Array(after.dropLast()) == Array(before.dropLast())) }
    }
  }

  @Test(arguments: ["cpu", "opencl"]) func aResumedRunHasTheSameBits(_ device: String) throws {
    let record = try Record.all()[1]
    let whole = try Run(record, on: device)
    for (step, x) in record.inputs.enumerated() { _ = try whole.step(x, step) }
    var run = try Run(record, on: device)
    for (step, x) in record.inputs.enumerated() {
      let checkpoint = try Checkpoint(
        run.session, run.program.learners, TrainingState(),
        origin: .init(seed: 1, recipeSHA256: "", device: device))
      run = try Run(record, on: device)
      try checkpoint.restore(run.session, run.program.learners)
      _ = try run.step(x, step)
    }
    #expect(try run.variables() == whole.variables())
  }

  @Test(arguments: ["cpu", "opencl"])
  func aGradientThatNoScaleMakesFiniteStopsTheRun(_ device: String) throws {
    let session = Session(device == "cpu" ? CPUBackend() : try TestDevice.backend())
    let store = ParameterStore(Linear(4, 3), name: "student")
    try store.write(store.initialWeights(seed: 1), to: session)
    let state = OptimizerState(SGD(learningRate: 1), lossScaling: LossScaling(), for: store)
    let pictures = ImageDataset(
      name: "noise", images: (0..<40).map { UInt8($0) }, labels: (0..<10).map { Int32($0 % 2) },
      height: 2, width: 2, channels: 1, classNames: ["a", "b"])
    let loader = BatchLoader(dataset: pictures)
    let scheme = SimpleScheme("student") {
      let logits = store.model($0.example.x.flatten(), in: $0.context(.training))
      return Objective(terms: [LossTerm("root", (logits * 0).sum().sqrt())])
    }
    let program = try StepProgram(
      session, [Learner(store, state, learningRate: 1)], batch: 5, loader: loader, seed: 1,
      scheme: scheme)
    let loop = TrainingLoop(
      program,
      options: TrainingOptions(steps: 100, logEvery: 1))
    let order = try BatchOrder(count: 10, batchSize: 5, seed: 1)
    let before = try session.read(store.parameterVariable)
    let error = #expect(throws: TrainingError.self) {
      try loop.run(Prefetcher(loader: loader, order: order), report: { _ in })
    }
    // From 2¹⁶ to 2⁻³² in 48 steps; the next one shows it.
    #expect(
      error
        == .notFinite(
          term: "gradient", value: "not finite at any loss scale", step: 48, learningRate: 1))
    #expect(try session.read(store.parameterVariable) == before)
  }
}
