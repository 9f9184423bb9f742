import Foundation
import RetortCPU
import RetortCore
import RetortDistillation
import RetortNN
import RetortOpenCL
import Testing

/// Several models that answer as one.
@Suite struct EnsembleTests {
  /// Logits that are the inputs times a factor.
  private final class Scaled: Module {
    let factor: Double
    init(_ factor: Double) { self.factor = factor }
    override func forward(_ x: Tensor) -> Tensor { x * factor }
  }

  private static let logits: [Float] = [1, 2, -3, 0, 0, 0, 80, -80, 3, 700, -700, 0]
  private static let members: [(factor: Double, weight: Double)] = [(1, 3), (-0.5, 1)]

  private func result(_ mean: Ensemble.Mean, on backend: any Backend) throws -> [Float] {
    let ensemble = Ensemble(
      Self.members.enumerated().map {
        Ensemble.Member("m\($0)", Scaled($1.factor), weight: $1.weight)
      }, mean: mean)
    let store = ParameterStore(ensemble, name: "teacher", isFrozen: true)
    let session = Session(backend)
    try store.write(store.initialWeights(seed: 1), to: session)
    let graph = Graph()
    let x = graph.input("x", [4, 3])
    let executable = try session.compile(
      graph, outputs: [store.model(x, in: ForwardContext(graph, .evaluation))])
    try executable.setInput(0, Self.logits)
    try executable.run()
    return try executable.floats(0)
  }

  private func softmax(_ row: [Double]) -> [Double] {
    let largest = row.max() ?? 0
    let powers = row.map { exp($0 - largest) }
    return powers.map { $0 / powers.reduce(0, +) }
  }

  /// Beside the definitions in float64: means of probabilities and of logits, huge logits included.
  @Test(arguments: Ensemble.Mean.allCases, ["cpu", "opencl"])
  func theMeanIsThatOfItsDefinition(_ mean: Ensemble.Mean, _ device: String) throws {
    let found = try result(mean, on: device == "cpu" ? CPUBackend() : OpenCLBackend("opencl"))
    for row in 0..<4 {
      let x = (0..<3).map { Double(Self.logits[3 * row + $0]) }
      let own = softmax((0..<3).map { Double(found[3 * row + $0]) })
      let parts = Self.members.map { part in (x.map { $0 * part.factor }, part.weight / 4) }
      let expected =
        switch mean {
        case .logits:
          softmax((0..<3).map { index in parts.reduce(0) { $0 + $1.0[index] * $1.1 } })
        case .probabilities:
          (0..<3).map { index in parts.reduce(0) { $0 + softmax($1.0)[index] * $1.1 } }
        }
      for (a, b) in zip(own, expected) { #expect(abs(a - b) <= 1e-5) }
    }
  }

  @Test func membersKeepTheirPathsUnderTheirNames() throws {
    let ensemble = Ensemble([
      .init("a", Classifier(width: 5)), .init("b", Classifier(width: 6)),
    ])
    let store = ParameterStore(ensemble, name: "teacher", isFrozen: true)
    #expect(store.all.map(\.path).contains("b.hidden.weight"))
    #expect(
      try store.tapShapes(["a.hidden", "b.hidden"], of: Cast.examples) == [
        "a.hidden": [2, 5], "b.hidden": [2, 6],
      ])
  }
}
