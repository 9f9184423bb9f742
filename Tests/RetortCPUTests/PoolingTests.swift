import RetortCPU
import Testing

@testable import RetortCore

@Suite struct PoolingTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var input: [Int]
    var pooling: Pooling
    var testDescription: String { "\(input), \(pooling)" }

    init(_ input: [Int], _ pooling: Pooling, _ change: (inout Pooling) -> Void = { _ in }) {
      (self.input, self.pooling) = (input, pooling)
      change(&self.pooling)
    }

    var output: Shape { pooling.outputShape(Shape(input)) ?? Shape([0]) }

    /// For every output element: the input elements of its window, in row-major order.
    var windows: [[Int]] {
      positions(output).map { p in
        var inside: [Int] = []
        for ky in 0..<pooling.height {
          for kx in 0..<pooling.width {
            let y = p[1] * pooling.strideY - pooling.padTop + ky
            let x = p[2] * pooling.strideX - pooling.padLeft + kx
            guard y >= 0, y < input[1], x >= 0, x < input[2] else { continue }
            inside.append(((p[0] * input[1] + y) * input[2] + x) * input[3] + p[3])
          }
        }
        return inside
      }
    }

    func step(_ kind: PoolingStep.Kind) -> StepKind {
      .pooling(PoolingStep(kind: kind, pooling: pooling, input: Shape(input), output: output))
    }
  }

  static let cases: [Case] = [
    Case([1, 1, 1, 1], Pooling(window: 1)),
    Case([2, 6, 6, 3], Pooling(window: 2)),
    Case([3, 7, 5, 17], Pooling(window: 3, stride: 2, padding: 1)),
    Case([2, 7, 9, 2], Pooling(window: 3, stride: 1, padding: 1, countsPadding: false)),
    Case([2, 5, 8, 4], Pooling(window: 2)) { ($0.width, $0.strideX, $0.padRight) = (4, 3, 2) },
    Case([0, 4, 4, 3], Pooling(window: 2)),
  ]

  /// The window's first maximum; the last NaN where there is one.
  private func winner(_ window: [Int], _ x: [Double]) -> Int {
    window.last { x[$0].isNaN } ?? window.reduce(window[0]) { x[$1] > x[$0] ? $1 : $0 }
  }

  @Test(arguments: cases) func maximum(_ c: Case) throws {
    // Few distinct numbers, so that ties are common.
    var x = numbers(Shape(c.input).count, seed: 1).map { ($0 * 3).rounded() }
    if x.count > 20 { (x[3], x[17]) = (.nan, -.infinity) }
    let g = numbers(c.output.count, seed: 2)
    let v = numbers(x.count, seed: 3)
    let places = c.windows.map { winner($0, x) }
    try StepCase(c.step(.maximum), [.reals(x)], counts: [g.count]).check([places.map { x[$0] }])
    var dx = Array(repeating: 0.0, count: x.count)
    for (place, slope) in zip(places, g) { dx[place] += slope }
    try StepCase(c.step(.maximumBackward), [.reals(x), .reals(g)], counts: [x.count]).check([dx])
    try StepCase(c.step(.maximumSelect), [.reals(x), .reals(v)], counts: [g.count])
      .check([places.map { v[$0] }])
  }

  @Test(arguments: cases) func average(_ c: Case) throws {
    let x = numbers(Shape(c.input).count, seed: 1)
    let g = numbers(c.output.count, seed: 2)
    let areas = c.windows.map {
      Double(c.pooling.countsPadding ? c.pooling.height * c.pooling.width : $0.count)
    }
    let y = zip(c.windows, areas).map { window, area in
      window.reduce(0) { $0 + x[$1] } / area
    }
    try StepCase(c.step(.average), [.reals(x)], counts: [g.count]).check([y])
    var dx = Array(repeating: 0.0, count: x.count)
    for (index, window) in c.windows.enumerated() {
      for place in window { dx[place] += g[index] / areas[index] }
    }
    try StepCase(c.step(.averageBackward), [.reals(g)], counts: [x.count]).check([dx])
  }

  @Test func aWindowOfMinusInfinityKeepsItsFirst() throws {
    let c = Case([1, 2, 2, 1], Pooling(window: 2))
    let x = Array(repeating: -Double.infinity, count: 4)
    try StepCase(c.step(.maximumBackward), [.reals(x), .reals([5])], counts: [4])
      .check([[5, 0, 0, 0]])
  }
}
