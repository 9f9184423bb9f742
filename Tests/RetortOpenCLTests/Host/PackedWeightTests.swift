import RetortCPU
import RetortCore
import Testing

@testable import RetortOpenCL

/// Weights that several convolutions read, in a form that is made once.
@Suite struct PackedWeightTests {
  private static let frozenShape: Shape = [16, 3, 3, 16]
  private static let trainedShape: Shape = [5, 5, 5, 16]

  /// Results of three runs: the first, one after both weights were written, one after a step has
  /// changed the trained ones.
  private func run(_ backend: any Backend) throws -> [[Float]] {
    let frozen = Variable(name: "frozen", count: Self.frozenShape.count, isFrozen: true)
    let trained = Variable(name: "trained", count: Self.trainedShape.count)
    let graph = Graph()
    let x = graph.input("x", [2, 9, 8, 16])
    let rate = graph.input("rate", [1])
    let step = graph.input("step", [1], .int32)
    let w = graph.variable(frozen, offset: 0, Self.frozenShape)
    let v = graph.variable(trained, offset: 0, Self.trainedShape)
    // Both read twice, forwards; the gradient by v reads w turned round.
    let once = x.convolution(w, Convolution(padding: 1)).relu()
    let twice = once.convolution(w, Convolution(padding: 1))
    let y = once.convolution(v) + twice.convolution(v)
    let loss = (y * y).mean()
    let gradient = graph.pack(
      [(gradients(of: loss, with: [v])[0], 0)], count: trained.count)
    let session = Session(backend)
    func write(_ seed: Int) throws {
      for variable in [frozen, trained] {
        let values = (0..<variable.count).map { Float(($0 * 7919 + seed) % 101) / 505 - 0.1 }
        try session.write(values, to: variable)
      }
    }
    try write(1)
    let program = try session.compile(
      graph, outputs: [y],
      effects: [
        .optimize(
          OptimizerUpdate(.sgd(momentum: 0, nesterov: false, weightDecay: 0)),
          parameters: trained, gradient: gradient, state: [], learningRate: rate, step: step)
      ])
    try program.setInput(0, (0..<2 * 9 * 8 * 16).map { Float($0 * 31 % 97) / 97 })
    try program.setInput(1, [Float(0.5)])
    try program.setInput(2, [Int32(0)])
    var results: [[Float]] = []
    try program.run()
    results.append(try program.floats(0))
    try write(5)
    try program.refresh()
    for _ in 0..<2 {
      try program.run()
      results.append(try program.floats(0))
    }
    return results
  }

  @Test func followWhatIsWritten() throws {
    let expected = try run(CPUBackend())
    let found = try run(OpenCLBackend(try Fixture.context(), form: .vector))
    for (a, b) in zip(expected, found) {
      let largest = a.map(abs).max() ?? 0
      #expect(largest > 0.1)
      #expect(zip(a, b).allSatisfy { abs($0 - $1) < 1e-5 * largest })
    }
    #expect(expected[1] != expected[0] && expected[2] != expected[1])
  }
}
