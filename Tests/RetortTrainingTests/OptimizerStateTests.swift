import RetortCPU
import RetortCore
import RetortData
import RetortNN
import RetortTestSupport
import Testing

@testable import RetortTraining

@Suite struct OptimizerStateTests {
  private static let pictures = ImageDataset(
    name: "noise", images: (0..<40).map { UInt8($0) }, labels: (0..<10).map { Int32($0 % 2) },
    height: 2, width: 2, channels: 1, classNames: ["a", "b"])

  private func backend(_ name: String) throws -> any Backend {
    name == "cpu" ? CPUBackend() : try TestDevice.backend()
  }

  /// The loss is 0, and its derivative no number.
  @Test(
    arguments: ["cpu", "opencl"],
    [(GradientClipping.norm(1), "gradient-norm", 0), (.value(1), "root", 1)])
  func aGradientThatIsNoNumberStopsTheRun(
    _ device: String, _ example: (clipping: GradientClipping, term: String, step: Int)
  ) throws {
    let session = Session(try backend(device))
    let store = ParameterStore(Linear(4, 3), name: "student")
    try store.write(store.initialWeights(seed: 1), to: session)
    let state = OptimizerState(Adam(learningRate: 1), clipping: example.clipping, for: store)
    let loader = BatchLoader(dataset: Self.pictures)
    let scheme = SimpleScheme("student") {
      let logits = store.model($0.example.x.flatten(), in: $0.context(.training))
      return Objective(terms: [LossTerm("root", (logits * 0).sum().sqrt())])
    }
    let program = try StepProgram(
      session, [Learner(store, state, learningRate: 1)], batch: 5, loader: loader, seed: 1,
      scheme: scheme)
    let loop = TrainingLoop(
      program,
      options: TrainingOptions(steps: 4, logEvery: 1))
    let order = try BatchOrder(count: 10, batchSize: 5, seed: 1)
    let batches = Prefetcher(loader: loader, order: order)
    let error = #expect(throws: TrainingError.self) { try loop.run(batches, report: { _ in }) }
    #expect(
      error
        == .notFinite(term: example.term, value: "nan", step: example.step, learningRate: 1))
  }

  @Test func whatReadsOtherParametersReadsItsOwnAgain() throws {
    struct Stop: Error {}
    let session = Session(CPUBackend())
    let store = ParameterStore(Linear(4, 3), name: "student")
    let state = OptimizerState(
      SGD(learningRate: 1), averaging: .equal(from: 0), for: store)
    let count = store.parameterVariable.count
    try session.write(Array(repeating: 1, count: count), to: store.parameterVariable)
    let average = try #require(state.average)
    try session.write(Array(repeating: 2, count: count), to: average)
    var found: [Float] = []
    func look() throws { found += try store.weights(in: session).parameters.prefix(1) }
    #expect(throws: Stop.self) {
      try store.withParameters(in: average) {
        try look()
        try store.withParameters(in: nil) { try look() }
        try look()
        throw Stop()
      }
    }
    try look()
    #expect(found == [2, 1, 2, 1])
  }
}
