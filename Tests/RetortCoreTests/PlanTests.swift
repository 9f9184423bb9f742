import RetortCPU
import RetortCore
import RetortTestSupport
import Testing

@Suite("Plans")
struct PlanTests {
  /// A two-layer perceptron's training step over one flat parameter variable.
  private func perceptron() -> (Graph, Tensor, [Effect]) {
    let graph = Graph()
    let parameters = Variable(name: "p", count: 1280)
    let x = graph.input("x", [8, 16])
    let y = graph.input("y", [8], .int32)
    let rate = graph.input("rate", [1])
    let step = graph.input("step", [1], .int32)
    let offsets = [0, 512, 640, 1024]
    let shapes: [Shape] = [[32, 16], [32], [10, 32], [10]]
    let w = zip(offsets, shapes).map { graph.variable(parameters, offset: $0, $1) }
    let hidden = (x.matmul(w[0], transposeB: true) + w[1]).relu()
    let logits = hidden.matmul(w[2], transposeB: true) + w[3]
    let loss = logits.crossEntropyRows(y).mean()
    let slopes = gradients(of: loss, with: w)
    let flat = graph.pack(Array(zip(slopes, offsets)), count: parameters.count)
    let update = Effect.optimize(
      OptimizerUpdate(.sgd(momentum: 0, nesterov: false, weightDecay: 0)), parameters: parameters,
      gradient: flat, state: [], learningRate: rate, step: step)
    return (graph, loss, [update])
  }

  @Test("a perceptron's step is ten launches, gradients land in the pack")
  func launches() throws {
    let (graph, loss, effects) = perceptron()
    let plan = try Plan(graph, outputs: [loss], effects: effects)
    #expect(plan.faults().isEmpty)
    #expect(plan.steps.count == 10)
    let contractions = plan.steps.filter { if case .matmul = $0.kind { true } else { false } }
    #expect(contractions.count == 5)
    let copies = plan.steps.filter { if case .pointwise = $0.kind { true } else { false } }
    #expect(copies.isEmpty)
  }

  @Test("equal expressions are computed once")
  func sharing() {
    let graph = Graph()
    let x = graph.input("x", [4])
    #expect((x.exp() + 1).id == (x.exp() + 1).id)
    #expect((x * 1).id == x.id)
    #expect((x + 0).id == x.id)
    #expect((graph.fill(2) * 3).fillValue == 6)
  }

  @Test("what depends on frozen variables alone is set up once; batch norm folds")
  func setup() throws {
    let graph = Graph()
    let weights = Variable(name: "teacher", count: 1024, isFrozen: true)
    let x = graph.input("x", [2, 6, 6, 3])
    let kernel = graph.variable(weights, offset: 0, [4, 3, 3, 3])
    let parts = (1...4).map { graph.variable(weights, offset: $0 * 128, [4]) }
    let y = x.convolution(kernel, Convolution(padding: 1))
      .batchNorm(
        gamma: parts[0], beta: parts[1], mean: parts[2], variance: parts[3], epsilon: 1e-5
      )
      .relu()
    let plan = try Plan(graph, outputs: [y])
    #expect(plan.steps.count == 1, "one convolution with shift and ReLU behind it")
    #expect(!plan.setup.isEmpty)
  }

  @Test("values that never live together share memory")
  func arena() throws {
    let graph = Graph()
    var x = graph.input("x", [64, 64])
    let w = graph.input("w", [64, 64])
    for _ in 0..<12 { x = x.matmul(w).tanh() }
    let plan = try Plan(graph, outputs: [x])
    #expect(plan.faults().isEmpty)
    #expect(plan.arenaByteCount <= 2 * Plan.reservation(4096, .float32))
  }

  @Test("a step of one element reads no result of its own")
  func oneElement() throws {
    let graph = Graph()
    let (x, w) = (graph.input("x", [1, 1, 1, 1]), graph.input("w", [1, 3, 3, 1]))
    let gamma = graph.input("gamma", [1])
    let geometry = Convolution(padding: 1)
    let hidden = x.convolution(w, geometry)
      .batchNorm(gamma: gamma, beta: gamma, epsilon: 1e-2).0.relu()
    let loss = hidden.convolution(w, geometry).sigmoid().sum()
    let plan = try Plan(graph, outputs: [loss] + gradients(of: loss, with: [x, w, gamma]))
    #expect(plan.faults().isEmpty)
  }

  @Test("a sum that two places of a pack want is computed twice in one step")
  func twins() throws {
    let graph = Graph()
    let (x, a, b) = (graph.input("x", [8, 16]), graph.input("a", [16]), graph.input("b", [16]))
    let loss = ((x + a) + b).tanh().sum()
    let slopes = gradients(of: loss, with: [a, b])
    let flat = graph.pack(Array(zip(slopes, [0, 128])), count: 256)
    let plan = try Plan(graph, outputs: [flat])
    #expect(plan.steps.count == 1)
    let program = try CPUBackend().compile(plan, variables: [])
    try program.setInput(0, (0..<128).map { Float($0) / 64 })
    try program.setInput(1, [Float](repeating: 0.5, count: 16))
    try program.setInput(2, [Float](repeating: -1, count: 16))
    try program.run()
    let gradient = try program.floats(0)
    #expect(gradient[..<16] == gradient[128..<144] && gradient[0] != 0)
  }

  @Test("a loss whose gradient waits for a sibling of what waits for the loss is two steps")
  func unitsDependOnEachOtherOneWay() throws {
    let graph = Graph()
    let (mask, x, y) = (
      graph.input("m", [4, 3]), graph.input("x", [4, 5]), graph.input("y", [4, 5])
    )
    let weights = mask.sum(axes: [1]).reciprocal()
    let rows = x.divergenceRows(.forwardKL, teacher: y)
    let masked = (mask * rows.reshape([4, 1])).sum(axes: [1])
    let gradient = gradients(of: (rows * weights).sum(), with: [x])[0]
    let plan = try Plan(graph, outputs: [masked, gradient])
    #expect(plan.faults().isEmpty)
    let executable = try Session(CPUBackend()).compile(graph, outputs: [masked, gradient])
    for input in 0..<3 {
      let count = graph.inputs[input].name == "m" ? 12 : 20
      try executable.setInput(input, (0..<count).map { Float($0 * (input + 1) % 7) })
    }
    try executable.run()
    #expect(try executable.floats(1).contains { $0 != 0 })
  }

  @Test("a graph's first fault is thrown with its place")
  func faults() {
    let graph = Graph()
    graph.scope = "student.fc"
    let x = graph.input("x", [2, 3])
    let bad = x.matmul(graph.input("w", [4, 5])).relu()
    let expected = GraphError.shapeMismatch(
      operation: "matmul", lhs: [2, 3], rhs: [4, 5], path: "student.fc")
    #expect(throws: expected) { try Plan(graph, outputs: [bad]) }
    #expect(expected.description == "student.fc: matmul cannot combine shapes [2, 3] and [4, 5]")
  }

  @Test("assignments see the values of the step's start")
  func assignment() throws {
    let graph = Graph()
    let (a, b) = (Variable(name: "a", count: 4), Variable(name: "b", count: 4))
    let (x, y) = (graph.variable(a, [4]), graph.variable(b, [4]))
    let session = Session(CPUBackend())
    try session.write([1, 2, 3, 4], to: a)
    try session.write([10, 20, 30, 40], to: b)
    let program = try session.compile(
      graph, outputs: [(x + y).sum()],
      effects: [.assign(a, offset: 0, x + y), .assign(b, offset: 0, y * 2)])
    try program.run()
    try program.run()
    #expect(try program.floats(0) == [11 + 20 + 22 + 40 + 33 + 60 + 44 + 80])
    #expect(try session.read(a) == [31, 62, 93, 124])
    #expect(try session.read(b) == [40, 80, 120, 160])
  }
}
