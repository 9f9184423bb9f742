import RetortCPU
import RetortTestSupport
import Testing

@testable import RetortCore
@testable import RetortOpenCL

/// Convolutions that compute element-wise work as they load their operands.
@Suite struct LoadTests {
  /// A convolution of a normalised tensor: its shapes, and how that is made.
  struct Case: CustomStringConvertible, Sendable {
    let x, w: Shape
    let geometry: Convolution
    var description: String { "\(x) ∗ \(w), \(geometry)" }

    init(_ x: Shape, _ w: Shape, _ geometry: Convolution) {
      (self.x, self.w, self.geometry) = (x, w, geometry)
    }
  }

  /// Loads of four channels and of one, strides whose phases miss taps, groups, dilation, kernels
  /// that would be matrix products, one pixel.
  static let cases = [
    Case([2, 7, 5, 8], [12, 3, 3, 8], Convolution(padding: 1)),
    Case([3, 6, 7, 5], [7, 3, 3, 5], Convolution(padding: 1)),
    Case([2, 9, 8, 4], [8, 3, 3, 4], Convolution(stride: 2, padding: 1)),
    Case([2, 8, 9, 6], [5, 2, 3, 6], Convolution(stride: 3, padding: 2)),
    Case([2, 7, 7, 8], [12, 3, 3, 4], Convolution(padding: 1, groups: 2)),
    Case([2, 9, 9, 4], [4, 3, 3, 4], Convolution(padding: 2, dilation: 2)),
    Case([5, 6, 5, 12], [20, 1, 1, 12], Convolution()),
    Case([3, 4, 4, 4], [8, 4, 4, 4], Convolution()),
    Case([2, 1, 1, 3], [5, 3, 3, 3], Convolution(padding: 1)),
  ]

  /// The loss of two such convolutions, and all gradients: what is normalised, and its gradients, are
  /// loaded; neither has a launch of its own.
  private func network(_ sample: Case, in graph: Graph) -> [Tensor] {
    let channels = sample.x[-1]
    let x = graph.input("x", sample.x)
    let first = graph.input("first", [channels, 3, 3, channels])
    let (gamma, beta) = (graph.input("gamma", [channels]), graph.input("beta", [channels]))
    let w = graph.input("w", sample.w)
    let (scale, shift) = (graph.input("scale", [sample.w[0]]), graph.input("shift", [sample.w[0]]))
    func norm(_ x: Tensor, _ gamma: Tensor, _ beta: Tensor) -> Tensor {
      x.batchNorm(gamma: gamma + 1.5, beta: beta, epsilon: 1e-2).0
    }
    let hidden = norm(x.convolution(first, Convolution(padding: 1)), gamma, beta).relu()
    let y = norm(hidden.convolution(w, sample.geometry), scale, shift)
    let loss = (y * y.sigmoid()).mean()
    return [loss] + gradients(of: loss, with: [x, first, gamma, beta, w, scale, shift])
  }

  private func inputs(of graph: Graph) -> [[Float]] {
    graph.inputs.enumerated().map {
      TestNumbers.eighths(graph.nodes[Int($1.node)].shape.count, seed: UInt64($0))
    }
  }

  /// Every case in float32, and three in a type of matrix units each: they take long to compile.
  private static let forms =
    cases.map { ($0, ContractionForm.tiled) }
    + cases.prefix(3).enumerated().map { ($1, ContractionForm.emulated(turn: $0)) }

  @Test(arguments: forms)
  func bitsAreThoseOfStoredOperands(_ sample: Case, _ form: ContractionForm) throws {
    let graph = Graph()
    let outputs = network(sample, in: graph)
    let inputs = inputs(of: graph)
    let loaded = try GraphRun(graph, outputs, inputs, form)
    let stored = try GraphRun(graph, outputs, inputs, form, fusingLoads: false)
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
        return (counts.0 + convolution.loads.count, counts.1)
      case .pointwise: return (counts.0, counts.1 + 1)
      default: return counts
      }
    }
  }

  @Test func normalisedTensorsAndTheirGradientsHaveNoStep() throws {
    for sample in Self.cases {
      let graph = Graph()
      let outputs = network(sample, in: graph)
      let apart = counts(try Plan(graph, outputs: outputs))
      let fused = counts(try Plan(graph, outputs: outputs, fusingLoads: true))
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
      counts(try Plan(graph, outputs: outputs, fusingLoads: true)).loads
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
