import RetortCPU
import RetortCore
import RetortTestSupport
import Testing

@Suite("Phases of a step")
struct PhaseTests {
  private let backend = CPUBackend()

  /// `variable` after each of `runs` runs of the plan that `build` makes.
  private func run(
    _ variables: [(Variable, [Float])], runs: Int = 1,
    _ build: (Graph) -> (outputs: [Tensor], effects: [Effect])
  ) throws -> (variables: [[Float]], outputs: [[Float]]) {
    let (graph, session) = (Graph(), Session(backend))
    let (outputs, effects) = build(graph)
    for (variable, values) in variables { try session.write(values, to: variable) }
    let program = try session.compile(graph, outputs: outputs, effects: effects)
    for _ in 0..<runs { try program.run() }
    return (
      try variables.map { try session.read($0.0) },
      try outputs.indices.map { try program.floats($0) }
    )
  }

  @Test("a later phase reads what an earlier one has written")
  func order() throws {
    let (a, b) = (Variable(name: "a", count: 4), Variable(name: "b", count: 4))
    let found = try run([(a, [1, 2, 3, 4]), (b, [10, 20, 30, 40])]) { graph in
      let (x, y) = (graph.variable(a, [4]), graph.variable(b, [4]))
      graph.endPhase([.assign(a, offset: 0, x + y)])
      let z = graph.variable(a, [4])
      return ([z.sum(), (z * y).sum()], [.assign(b, offset: 0, z * 2)])
    }
    #expect(found.variables == [[11, 22, 33, 44], [22, 44, 66, 88]])
    #expect(found.outputs == [[110], [3300]])
  }

  @Test("what was computed before a phase's end keeps its value")
  func earlierValues() throws {
    let a = Variable(name: "a", count: 4)
    let found = try run([(a, [1, 2, 3, 4])], runs: 2) { graph in
      let x = graph.variable(a, [4])
      let before = x * 3
      graph.endPhase([.assign(a, offset: 0, x + 1)])
      let shown = before.reshape(to: [2, 2]).transposed().reshape(to: [4])
      return ([shown + graph.variable(a, [4]) * 100], [])
    }
    #expect(found.variables == [[3, 4, 5, 6]])
    #expect(found.outputs == [[306, 412, 509, 615]])
  }

  @Test("a tensor that is a variable itself cannot be read once the variable has changed")
  func stale() throws {
    let (graph, a) = (Graph(), Variable(name: "a", count: 4))
    graph.scope = "student"
    let x = graph.variable(a, [4])
    graph.endPhase([.assign(a, offset: 0, x + 1)])
    let mixed = x * graph.variable(a, [4])
    let expected = GraphError.invalidArgument(
      operation: "variable",
      reason: "'a' has changed since this tensor was cut from it; read the variable again in the "
        + "later phase", path: "student")
    #expect(throws: expected) { try Plan(graph, outputs: [mixed]) }
  }

  @Test("effects of one phase take the values of its start: variables are exchanged")
  func exchange() throws {
    let (a, b) = (Variable(name: "a", count: 4), Variable(name: "b", count: 4))
    let found = try run([(a, [1, 2, 3, 4]), (b, [5, 6, 7, 8])]) { graph in
      let (x, y) = (graph.variable(a, [4]), graph.variable(b, [4]))
      return ([], [.assign(a, offset: 0, y), .assign(b, offset: 0, x)])
    }
    #expect(found.variables == [[5, 6, 7, 8], [1, 2, 3, 4]])
  }

  @Test("an assignment that computes takes the values of the phase's start")
  func computedExchange() throws {
    let (a, b) = (Variable(name: "a", count: 4), Variable(name: "b", count: 4))
    let found = try run([(a, [1, 2, 3, 4]), (b, [5, 6, 7, 8])]) { graph in
      let (x, y) = (graph.variable(a, [4]), graph.variable(b, [4]))
      return ([], [.assign(a, offset: 0, x + y), .assign(b, offset: 0, x * 2)])
    }
    #expect(found.variables == [[6, 8, 10, 12], [2, 4, 6, 8]])
  }

  @Test("a step of two phases is two steps one after the other, bit for bit")
  func twoPlans() throws {
    let backend = CPUBackend(precision: .float64)
    let joint = try Adversaries(backend, isJoint: true).trained(steps: 5)
    let apart = try Adversaries(backend, isJoint: false).trained(steps: 5)
    #expect((joint == apart) == true)
    #expect(Set(joint[0]).count > 8, "the weights have moved")
  }
}
