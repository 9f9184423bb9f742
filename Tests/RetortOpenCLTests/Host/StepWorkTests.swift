import Testing

@testable import RetortCore
@testable import RetortOpenCL

@Suite struct StepWorkTests {
  /// The work of the steps that compute `outputs`, by the step's summary.
  private func work(
    _ graph: Graph, _ outputs: [Tensor], _ effects: [Effect] = []
  ) throws -> [String: StepWork] {
    let plan = try Plan(graph, outputs: outputs, effects: effects)
    return Dictionary(
      plan.steps.map { ($0.kind.summary, StepWork($0, of: plan)) }, uniquingKeysWith: { $0 + $1 })
  }

  @Test func aProductCountsItsEpilogue() throws {
    let graph = Graph()
    let (a, b) = (graph.input("a", [5, 7]), graph.input("b", [7, 11]))
    let bias = graph.input("bias", [11])
    let result = (a.matmul(b) + bias.broadcast(to: [5, 11])).relu()
    let found = try work(graph, [result])
    #expect(found.count == 1)
    #expect(
      found.first?.value
        == StepWork(
          operations: 2 * 5 * 7 * 11 + 2 * 5 * 11, bytes: 4 * (5 * 7 + 7 * 11 + 11 + 5 * 11)))
  }

  @Test func aConvolutionCountsAlikeInEveryDirection() throws {
    let graph = Graph()
    let geometry = Convolution(padding: 1, groups: 2)
    let x = graph.input("x", [3, 8, 6, 4])
    let w = graph.input("w", [10, 3, 3, 2])
    let g = graph.input("g", [3, 8, 6, 10])
    let found = try work(
      graph,
      [
        x.convolution(w, geometry),
        g.convolutionInputGradient(w, geometry, inputHeight: 8, inputWidth: 6),
        x.convolutionWeightGradient(g, geometry, kernelHeight: 3, kernelWidth: 3),
      ])
    let work = StepWork(
      operations: 2 * (3 * 8 * 6 * 10) * (3 * 3 * 2),
      bytes: 4 * (3 * 8 * 6 * 4 + 10 * 3 * 3 * 2 + 3 * 8 * 6 * 10))
    #expect(found.count == 3)
    #expect(found.values.allSatisfy { $0 == work })
  }

  @Test func anElementwiseStepReadsWhatItTouches() throws {
    let graph = Graph()
    let x = graph.input("x", [6, 8])
    let row = graph.input("row", [8])
    // x is read twice at one place; the row repeats.
    let found = try work(graph, [(x * x + row.broadcast(to: [6, 8])).exp()])
    #expect(found.map(\.value) == [StepWork(operations: 3 * 48, bytes: 4 * (48 + 8 + 48))])
    // A part is read, not the whole.
    let part = x.slice(axis: 0, 1..<3).exp()
    #expect(
      try work(graph, [part]).map(\.value) == [StepWork(operations: 16, bytes: 4 * (16 + 16))])
  }

  @Test func samplesOfPicturesAreBytes() throws {
    let graph = Graph()
    let changed = graph.input("samples", [4, 5, 6, 3], .uint8).augmented(
      moves: graph.input("moves", [4, 5], .int32),
      table: graph.constant([Float](repeating: 0, count: 768), [3, 256]))
    #expect(
      try work(graph, [changed]).map(\.value)
        == [StepWork(bytes: 360 + 4 * (20 + 768 + 360))])
  }

  @Test func anOptimizerReadsAndWritesItsState() throws {
    let graph = Graph()
    let (p, m, v) = (
      Variable(name: "p", count: 100), Variable(name: "m", count: 100),
      Variable(name: "v", count: 100)
    )
    let rule = OptimizerRule.adam(
      beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0, decoupled: false)
    let update = Effect.optimize(
      OptimizerUpdate(rule), parameters: p, gradient: graph.input("g", [100]), state: [m, v],
      learningRate: graph.input("rate", [1]), step: graph.input("step", [1], .int32))
    #expect(
      try work(graph, [], [update]).map(\.value)
        == [StepWork(operations: 1200, bytes: 4 * (100 + 1 + 1 + 6 * 100))])
  }

  @Test(arguments: KernelForm.allCases) func onlyTheMainLaunchIsCredited(_ form: KernelForm) throws
  {
    let device = try Fixture.context().device
    let graph = Graph()
    let x = graph.input("x", [64, 28, 28, 16])
    let g = graph.input("g", [64, 28, 28, 16])
    let plan = try Plan(
      graph,
      outputs: [
        x.convolutionWeightGradient(g, Convolution(padding: 1), kernelHeight: 3, kernelWidth: 3),
        x.sum(),
        x.reshape([64 * 28 * 28, 16]).matmul(g.reshape([64 * 28 * 28, 16]), transposeA: true),
        graph.input("rows", [4096, 3]).scatterAdd(graph.input("ids", [4096], .int32), rows: 2),
      ])
    var lowering = Lowering(plan, device: device.limits, form: form)
    let launches = try lowering.lower(plan.steps).map(\.description)
    #expect(launches.count > plan.steps.count)
    let credited = launches.filter { $0.work != StepWork() }
    #expect(credited.map(\.work) == plan.steps.map { StepWork($0, of: plan) })
    #expect(launches.allSatisfy { ($0.work == StepWork()) == $0.task.hasSuffix(")") })
  }
}
