import RetortCPU
import RetortVerification
import Testing

@testable import RetortCore
@testable import RetortOpenCL

/// Convolutions that compute element-wise work as they load their operands.
@Suite struct LoadTests {
  typealias Case = GraphCase

  private func inputs(of graph: Graph) -> [[Float]] {
    graph.inputs.enumerated().map {
      TestNumbers.eighths(graph.nodes[Int($1.node)].shape.count, seed: UInt64($0))
    }
  }

  /// Every case in float32, and three in a type of matrix units each: they take long to compile.
  private static let forms =
    Case.loads.map { ($0, ContractionForm.tiled) }
    + Case.loads.prefix(3).enumerated().map { ($1, ContractionForm.emulated(turn: $0)) }

  @Test(arguments: forms)
  func bitsAreThoseOfStoredOperands(_ sample: Case, _ form: ContractionForm) throws {
    let graph = Graph()
    let outputs = sample.outputs(in: graph)
    let inputs = inputs(of: graph)
    let loaded = try GraphRun(graph, outputs, inputs, form)
    let stored = try GraphRun(graph, outputs, inputs, form, fusingPrologues: false)
    #expect(loaded.kernels.count < stored.kernels.count)
    for (index, (a, b)) in zip(loaded.outputs, stored.outputs).enumerated() {
      let isSame = zip(a, b).allSatisfy { $0.bitPattern == $1.bitPattern }
      #expect(isSame, "\(sample) \(form), output \(index)")
    }
    guard form == .tiled else { return }
    let executable = try CPUBackend(precision: .float64)
      .executable(try Plan(graph, outputs: outputs), variables: [])
    for (index, values) in inputs.enumerated() { try executable.setInput(index, values) }
    try executable.run()
    for index in outputs.indices {
      let fault = difference(
        loaded.outputs[index].map { Double($0) }, try executable.outputDoubles(index),
        tolerance: 1e-5)
      #expect(fault == nil, "\(sample), output \(index): \(fault ?? "")")
    }
  }

  /// How many convolutions of a plan have prologues, and how many element-wise steps it has.
  private func counts(_ plan: Plan) -> (loads: Int, pointwise: Int) {
    plan.steps.reduce((0, 0)) { counts, step in
      switch step.kind {
      case .convolution(let convolution):
        return (counts.0 + convolution.fusedPrologues.count, counts.1)
      case .pointwise: return (counts.0, counts.1 + 1)
      default: return counts
      }
    }
  }

  @Test func normalisedTensorsAndTheirGradientsHaveNoStep() throws {
    for sample in Case.loads {
      let graph = Graph()
      let outputs = sample.outputs(in: graph)
      let apart = counts(try Plan(graph, outputs: outputs))
      let fused = counts(try Plan(graph, outputs: outputs, fusingPrologues: true))
      #expect(apart.loads == 0)
      // Forward and weight gradient of what is normalised; both gradients of both normalisations.
      #expect(fused.loads == 6, "\(sample)")
      #expect(fused.pointwise == apart.pointwise - 3, "\(sample)")
    }
  }

  @Test("what a convolution cannot load is stored")
  func stored() throws {
    let graph = Graph()
    let (x, other) = (graph.input("x", [2, 4, 4, 8]), graph.input("other", [2, 4, 4, 8]))
    let row = graph.input("row", [4, 8])
    let (w, depthwise) = (graph.input("w", [8, 3, 3, 8]), graph.input("d", [8, 3, 3, 1]))
    let geometry = Convolution(padding: 1)
    func loads(_ outputs: Tensor...) throws -> Int {
      counts(try Plan(graph, outputs: outputs, fusingPrologues: true)).loads
    }
    #expect(try loads((x * 2).convolution(w, geometry)) == 1)
    #expect(try loads((x + other).convolution(w, geometry)) == 1)
    let sum = (x + other).relu()
    #expect(try loads(sum.convolution(w, geometry), sum.mean(axes: [0, 1, 2])) == 0)
    #expect(try loads((x * 2).relu().convolution(w, geometry), x * 2) == 1)
    #expect(try loads((x + row).convolution(w, geometry)) == 0)
    #expect(try loads(x.tanh().convolution(w, geometry)) == 0)
    #expect(try loads(x.convolution(w * 2, geometry)) == 0)
    #expect(
      try loads((x * 2).convolution(depthwise, Convolution(padding: 1, groups: 8))) == 0)
    let wide = graph.input("wide", [129, 3, 3, 8])
    #expect(try loads((x * 2).convolution(wide, geometry)) == 0)
    let kept = (x * 2).relu()
    #expect(try loads(kept.convolution(w, geometry), kept) == 0)
  }
}
