import RetortCPU
import RetortCore
import RetortTestSupport
import Testing

/// Derivatives where functions have kinks, at the kinks.
///
/// The numbers are PyTorch 2.15's, but for `clamp`, which gives one at its bounds up to 2.14 and zero
/// since.
@Suite("Derivatives at bounds")
struct BoundTests {
  private static let points: [Float] = [-4, -3, -1, 0, 1, 2, 3, 5, 6, 7]
  private static let functions:
    [(name: String, slopes: [Float], body: @Sendable (Tensor) -> Tensor)] = [
      ("relu", [0, 0, 0, 0, 1, 1, 1, 1, 1, 1], { $0.relu() }),
      ("abs", [-1, -1, -1, 0, 1, 1, 1, 1, 1, 1], { $0.abs() }),
      ("clamp", [0, 0, 0, 1, 1, 0, 0, 0, 0, 0], { $0.clamp(0, 1) }),
      ("relu6", [0, 0, 0, 0, 1, 1, 1, 1, 0, 0], { $0.relu6() }),
      ("hardSigmoid", [0, 0, 1, 1, 1, 1, 0, 0, 0, 0].map { $0 / 6 }, { $0.hardSigmoid() }),
      (
        "hardSwish", [0, 0, 0.16666667, 0.5, 0.8333333, 1.1666667, 1, 1, 1, 1],
        { $0.hardSwish() }
      ),
      ("maximum", [0, 0, 0, 0, 0.5, 1, 1, 1, 1, 1], { $0.maximum($0.graph.fill(1)) }),
      (
        "softplus",
        [
          0.01798621, 0.04742587, 0.2689414, 0.5, 0.7310586, 0.8807971, 0.9525741, 0.9933072,
          0.9975274, 0.9990889,
        ], { $0.softplus() }
      ),
    ]

  @Test("on the CPU") func cpu() throws { try check(CPUBackend()) }
  @Test("on OpenCL, vector forms") func vector() throws { try check(TestDevice.backend(.vector)) }
  @Test("on OpenCL, tiled forms") func tiled() throws { try check(TestDevice.backend(.tiled)) }

  private func check(_ backend: any Backend) throws {
    let graph = Graph()
    let x = graph.input("x", [BoundTests.points.count])
    let slopes = BoundTests.functions.map { gradients(of: $0.body(x).sum(), with: [x])[0] }
    let executable = try Session(backend).compile(graph, outputs: slopes)
    try executable.setInput(0, BoundTests.points)
    try executable.run()
    for (index, function) in BoundTests.functions.enumerated() {
      for (found, expected) in zip(try executable.floats(index), function.slopes) {
        #expect(abs(found - expected) <= 2e-7, "\(function.name)")
      }
    }
  }

  @Test("what is no number stays none") func notANumber() throws {
    let graph = Graph()
    let x = graph.constant([.nan] as [Float], [1])
    let results = [x.clamp(0, 1), x.relu6(), x.hardSigmoid(), x.hardSwish()]
    let executable = try Session(CPUBackend()).compile(graph, outputs: results)
    try executable.run()
    for index in results.indices { #expect(try executable.floats(index)[0].isNaN) }
  }
}
