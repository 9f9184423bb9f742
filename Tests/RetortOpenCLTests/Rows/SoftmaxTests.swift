import Glibc
import Testing

@testable import RetortCore
@testable import RetortOpenCL

@Suite struct SoftmaxTests {
  static let shapes = [(1, 1), (5, 1), (3, 2), (7, 10), (4, 16), (5, 17), (2, 65), (3, 1000)]

  @Test(arguments: KernelForm.allCases, shapes)
  func forwardIsRight(_ form: KernelForm, _ shape: (Int, Int)) throws {
    let (rows, columns) = shape
    for size: Float in [3, 10_000] {
      var numbers = TestNumbers(seed: UInt64(columns))
      let x = numbers.floats(rows * columns, size)
      let oracle = RowOracle(rows: rows, columns: columns)
      let logs = oracle.map { oracle.logSoftmax(x[$1]) }
      let y = try run(.softmax, [x], form, rows, columns)
      #expect(worstError(y, logs.map { exp($0) }, absolute: 1e-30, relative: 5e-6) <= 1)
      let z = try run(.logSoftmax, [x], form, rows, columns)
      #expect(worstError(z, logs, absolute: 1e-6, relative: 1e-6) <= 1)
    }
  }

  @Test(arguments: KernelForm.allCases, shapes)
  func backwardIsRight(_ form: KernelForm, _ shape: (Int, Int)) throws {
    let (rows, columns) = shape
    var numbers = TestNumbers(seed: UInt64(rows))
    let (x, g) = (numbers.floats(rows * columns), numbers.floats(rows * columns))
    let oracle = RowOracle(rows: rows, columns: columns)
    let logs = oracle.map { oracle.logSoftmax(x[$1]) }.map { Float($0) }
    let y = logs.map { Float(exp(Double($0))) }
    let byX = oracle.map { _, row in
      let dot = row.reduce(0.0) { $0 + Double(g[$1]) * Double(y[$1]) }
      return row.map { Double(y[$0]) * (Double(g[$0]) - dot) }
    }
    let found = try run(.softmaxBackward, [y, g], form, rows, columns)
    #expect(worstError(found, byX, absolute: 1e-6, relative: 1e-6) <= 1)
    let byLog = oracle.map { _, row in
      let sum = row.reduce(0.0) { $0 + Double(g[$1]) }
      return row.map { Double(g[$0]) - exp(Double(logs[$0])) * sum }
    }
    let foundLog = try run(.logSoftmaxBackward, [logs, g], form, rows, columns)
    #expect(worstError(foundLog, byLog, absolute: 1e-5, relative: 1e-6) <= 1)
  }

  @Test(arguments: KernelForm.allCases)
  func maskedAndBrokenRowsFollowTheDefinition(_ form: KernelForm) throws {
    let most = -Float.greatestFiniteMagnitude
    let x: [Float] = [
      0, -.infinity, 1, -.infinity, .nan, 0, -.infinity, -.infinity, -.infinity, most, most, most,
    ]
    let y = try run(.softmax, [x], form, 4, 3)
    let e = exp(1.0)
    let expected = [1 / (1 + e), 0, e / (1 + e), .nan, .nan, .nan, .nan, .nan, .nan]
    #expect(
      worstError(y, expected + [1, 1, 1].map { $0 / 3 }, absolute: 1e-30, relative: 1e-6) <= 1)
  }

  private func run(
    _ kind: SoftmaxKind, _ inputs: [[Float]], _ form: KernelForm, _ rows: Int, _ columns: Int
  ) throws -> [Float] {
    try StepRunner(form: form).run(
      .softmax(kind, rows: rows, columns: columns), inputs.map { .float32($0) },
      outputs: [(rows * columns, .float32)])[0].floats
  }
}
