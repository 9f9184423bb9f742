import RetortCore
import RetortVerification
import Testing

@Suite("Derivatives against central differences in float64")
struct DerivativeTests {
  @Test("first derivatives", arguments: OpCase.all)
  func first(_ op: OpCase) throws {
    let built = op.graph()
    let slopes = gradients(of: built.scalar, with: built.inputs)
    let exact = try op.evaluate(built.graph, slopes, op.inputs)
    try compare(op, exact) { try op.evaluate(built.graph, [built.scalar], $0)[0][0] }
  }

  @Test("second derivatives", arguments: OpCase.all.filter(\.isTwiceDifferentiable))
  func second(_ op: OpCase) throws {
    let built = op.graph()
    let slopes = gradients(of: built.scalar, with: built.inputs)
    let graph = built.graph
    let norm = slopes.enumerated().map { index, slope in
      let weights = (0..<slope.shape.count).map { Float(($0 * 13 + index) % 7) / 4 - 0.5 }
      return (slope * graph.constant(weights, slope.shape)).sum()
    }.reduce(graph.fill(0)) { $0 + $1 }
    let curves = gradients(of: norm, with: built.inputs)
    let exact = try op.evaluate(graph, curves, op.inputs)
    try compare(op, exact) { try op.evaluate(graph, [norm], $0)[0][0] }
  }

  /// Compares derivatives with central differences of `scalar`, over a sample of elements.
  private func compare(
    _ op: OpCase, _ derivatives: [[Double]], _ scalar: ([[Double]]) throws -> Double
  ) throws {
    let h = 1e-5
    for (index, values) in op.inputs.enumerated() {
      let stride = max(1, values.count / 24)
      for element in Swift.stride(from: 0, to: values.count, by: stride) {
        var moved = op.inputs
        moved[index][element] += h
        let above = try scalar(moved)
        moved[index][element] -= 2 * h
        let below = try scalar(moved)
        let expected = (above - below) / (2 * h)
        let found = derivatives[index][element]
        #expect(
          abs(found - expected) <= 2e-7 + 1e-6 * abs(expected),
          "\(op): input \(index), element \(element): \(found), differences give \(expected)")
      }
    }
  }
}
