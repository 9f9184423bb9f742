import Testing

@testable import RetortCore
@testable import RetortOpenCL

@Suite struct MomentsTests {
  /// `[3, …]` by the definition, in float64.
  private func expected(
    _ x: [Float], _ axis: MomentsAxis, _ rows: Int, _ columns: Int, _ epsilon: Float
  ) -> [Double] {
    let sets = axis == .channels ? columns : rows
    let size = axis == .channels ? rows : columns
    var result = [Double](repeating: 0, count: 3 * sets)
    for set in 0..<sets {
      let values = (0..<size).map {
        Double(axis == .channels ? x[$0 * columns + set] : x[set * columns + $0])
      }
      let mean = values.reduce(0, +) / Double(size)
      let variance = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(size)
      result[set] = mean
      result[sets + set] = variance
      result[2 * sets + set] = 1 / (variance + Double(epsilon)).squareRoot()
    }
    return result
  }

  private typealias Sample = (rows: Int, columns: Int, x: [Float])

  private func check(
    _ form: KernelForm, _ axis: MomentsAxis, _ samples: [Sample], mean meanBound: Double = 1e-6,
    variance varianceBound: Double = 4e-6
  ) throws {
    let found = try StepRunner(form: form).run(
      samples.map { rows, columns, x in
        StepJob(
          kind: .moments(axis, rows: rows, columns: columns, epsilon: 1e-5), inputs: [.float32(x)],
          outputs: [(3 * (axis == .channels ? columns : rows), .float32)])
      })
    for (output, (rows, columns, x)) in zip(found, samples) {
      try check(
        output[0].floats, of: x, axis, rows, columns, "\(form)", mean: meanBound,
        variance: varianceBound)
    }
  }

  /// Compares moments with those of `x` by the definition.
  func check(
    _ values: [Float], of x: [Float], _ axis: MomentsAxis, _ rows: Int, _ columns: Int,
    _ what: String, mean meanBound: Double = 1e-6, variance varianceBound: Double = 4e-6
  ) throws {
    let exact = expected(x, axis, rows, columns, 1e-5)
    try #require(values.count == exact.count)
    for (index, (value, truth)) in zip(values, exact).enumerated() {
      if value.isNaN && truth.isNaN { continue }
      // The variance of equal values may be a rounding error instead of zero.
      let least = index < 2 * values.count / 3 ? 1e-12 : 0
      let bound =
        index < values.count / 3
        ? meanBound * max(1, abs(truth)) : varianceBound * abs(truth) + least
      #expect(
        abs(Double(value) - truth) <= bound,
        "\(what) \(axis) \(rows)×\(columns) [\(index)] is \(value), not \(truth)")
    }
  }

  @Test(arguments: KernelForm.allCases)
  func channelsMatchTheDefinition(_ form: KernelForm) throws {
    var numbers = TestNumbers(seed: 11)
    let shapes = [
      (1, 1), (2, 3), (7, 1), (9, 17), (1, 40), (130, 16), (1000, 10), (5000, 33), (20_000, 64),
      (40_000, 3), (3000, 130),
    ]
    try check(form, .channels, shapes.map { ($0, $1, numbers.floats($0 * $1)) })
  }

  @Test(arguments: KernelForm.allCases)
  func rowsMatchTheDefinition(_ form: KernelForm) throws {
    var numbers = TestNumbers(seed: 12)
    let shapes = [
      (1, 1), (3, 2), (1, 5000), (17, 9), (1000, 10), (130, 64), (65, 768), (5, 1000), (300, 1),
    ]
    try check(form, .rows, shapes.map { ($0, $1, numbers.floats($0 * $1)) })
  }

  @Test(arguments: KernelForm.allCases, [MomentsAxis.channels, .rows])
  func aLargeMeanCostsNoDigits(_ form: KernelForm, _ axis: MomentsAxis) throws {
    var numbers = TestNumbers(seed: 13)
    let (rows, columns) = axis == .channels ? (30_000, 5) : (5, 30_000)
    let x = numbers.floats(rows * columns).map { 10_000 + $0 }
    try check(form, axis, [(rows, columns, x)], variance: 1e-5)
  }

  // Half a unit in the last place of the odd element is what the mean may lose.
  @Test(arguments: KernelForm.allCases, [MomentsAxis.channels, .rows])
  func anOddFirstElementCostsFewDigits(_ form: KernelForm, _ axis: MomentsAxis) throws {
    var numbers = TestNumbers(seed: 14)
    let (rows, columns) = axis == .channels ? (40_000, 3) : (3, 40_000)
    var x = numbers.floats(rows * columns)
    for index in 0..<3 { x[axis == .channels ? index : index * columns] = 3000 }
    try check(form, axis, [(rows, columns, x)], mean: 2e-4, variance: 1e-4)
  }

  @Test(arguments: KernelForm.allCases, [MomentsAxis.channels, .rows])
  func constantsHaveNoVarianceAndNaNStays(_ form: KernelForm, _ axis: MomentsAxis) throws {
    let same = [Float](repeating: 0.1, count: 60 * 40)
    try check(form, axis, [(60, 40, same)])
    var broken = same
    broken[45] = .nan
    let sets = axis == .channels ? 40 : 60
    let found = try StepRunner(form: form).run(
      .moments(axis, rows: 60, columns: 40, epsilon: 0), [.float32(broken)],
      outputs: [(3 * sets, .float32)])
    let values = found[0].floats
    try #require(values.count == 3 * sets)
    let set = axis == .channels ? 5 : 1
    for part in 0..<3 {
      #expect(values[part * sets + set].isNaN)
      #expect(!values[part * sets + set + 1].isNaN)
    }
  }
}
