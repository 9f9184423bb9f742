import RetortCPU
import Testing

@testable import RetortCore

@Suite struct ReductionTests {
  private func reference(
    _ op: ReduceOp, _ x: [Double], _ outer: Int, _ reduced: Int, _ inner: Int
  ) -> [Double] {
    (0..<outer * inner).map { index in
      let (o, i) = (index / inner, index % inner)
      let terms = (0..<reduced).map { x[(o * reduced + $0) * inner + i] }
      switch op {
      case .sum: return terms.reduce(0, +)
      case .maximum:
        return terms.contains(where: \.isNaN)
          ? .nan : terms.reduce(-.infinity) { Swift.max($0, $1) }
      case .minimum:
        return terms.contains(where: \.isNaN) ? .nan : terms.reduce(.infinity) { Swift.min($0, $1) }
      }
    }
  }

  @Test(arguments: [
    [1, 1, 1], [1, 7, 1], [3, 10, 1], [5, 1, 4], [128, 10, 1], [1, 100_003, 1], [2, 40_001, 1],
    [1, 129, 300], [3, 50, 17], [1, 3000, 3], [17, 300, 3], [2, 0, 3], [0, 4, 1], [3, 4, 0],
  ])
  func sumsAndExtremes(_ sizes: [Int]) throws {
    let (outer, reduced, inner) = (sizes[0], sizes[1], sizes[2])
    let count = outer * reduced * inner
    let (x, y) = (numbers(count, seed: 1), numbers(count, seed: 2))
    // Σ x·y, max x, min y in one step.
    let prologue = PointwiseProgram.dense(
      Shape(sizes), operands: 2, [.load(0), .load(1), .binary(.multiply, 0, 1)], results: [2, 0, 1])
    let step = Reduction(
      prologue: prologue, operations: [.sum, .maximum, .minimum], outer: outer, reduced: reduced,
      inner: inner)
    let products = zip(x, y).map { $0 * $1 }
    try StepCase(
      .reduce(step), [.reals(x), .reals(y)], counts: Array(repeating: outer * inner, count: 3)
    ).check(
      [
        reference(.sum, products, outer, reduced, inner),
        reference(.maximum, x, outer, reduced, inner),
        reference(.minimum, y, outer, reduced, inner),
      ], single: 3e-6, double: 1e-11)
  }

  @Test func manyFloatsAddUpWithoutDrift() throws {
    let count = 1 << 20
    let x = Array(repeating: Double(Float(0.1)), count: count)
    let prologue = PointwiseProgram.dense([count], operands: 1, [.load(0)], results: [0])
    let step = Reduction(
      prologue: prologue, operations: [.sum], outer: 1, reduced: count, inner: 1)
    try StepCase(.reduce(step), [.reals(x)], counts: [1])
      .check([[Double(Float(0.1)) * Double(count)]], single: 1e-7)
  }

  @Test func notANumberSpreads() throws {
    for inner in [1, 3] {
      var x = numbers(4 * 50 * inner, seed: 3)
      x[7 * inner] = .nan
      x[60 * inner] = .infinity
      x[110 * inner] = -.infinity
      x[111 * inner] = .infinity
      let shape: Shape = [4, 50, inner]
      let step = Reduction(
        prologue: .dense(shape, operands: 1, [.load(0)], results: [0, 0, 0]),
        operations: [.sum, .maximum, .minimum], outer: 4, reduced: 50, inner: inner)
      try StepCase(.reduce(step), [.reals(x)], counts: [4 * inner, 4 * inner, 4 * inner]).check(
        [ReduceOp.sum, .maximum, .minimum].map { reference($0, x, 4, 50, inner) })
    }
  }

  @Test(arguments: [[1, 1], [7, 5], [1000, 3], [129, 65], [5, 700], [3, 1], [20_000, 2]])
  func moments(_ sizes: [Int]) throws {
    let (rows, columns) = (sizes[0], sizes[1])
    // Far from zero, where a difference of squares would lose everything.
    let x = numbers(rows * columns, seed: 9).map { Double(Float($0 + 1000)) }
    func reference(_ groups: [[Double]]) -> [Double] {
      let means = groups.map { $0.reduce(0, +) / Double($0.count) }
      let variances = zip(groups, means).map { group, mean in
        group.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(group.count)
      }
      return means + variances + variances.map { 1 / ($0 + 1e-3).squareRoot() }
    }
    let lines = (0..<rows).map { Array(x[$0 * columns..<($0 + 1) * columns]) }
    let epsilon = Float(1e-3)
    let exact = Double(epsilon) - 1e-3
    #expect(Swift.abs(exact) < 1e-9)
    try StepCase(
      .moments(.rows, rows: rows, columns: columns, epsilon: epsilon), [.reals(x)],
      counts: [3 * rows]
    ).check([reference(lines)], single: 1e-6, double: 1e-6)
    let channels = (0..<columns).map { column in lines.map { $0[column] } }
    try StepCase(
      .moments(.channels, rows: rows, columns: columns, epsilon: epsilon), [.reals(x)],
      counts: [3 * columns]
    ).check([reference(channels)], single: 1e-6, double: 1e-6)
  }
}
