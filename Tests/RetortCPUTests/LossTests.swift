import Glibc
import RetortCPU
import RetortVerification
import Testing

@testable import RetortCore

@Suite struct LossTests {
  /// log softmax of one row divided by the temperature.
  private func logs(_ x: ArraySlice<Double>, _ temperature: Double = 1) -> [Double] {
    let scaled = x.map { $0 / temperature }
    let peak = scaled.max() ?? 0
    let total = Glibc.log(scaled.reduce(0) { $0 + Glibc.exp($1 - peak) })
    return scaled.map { $0 - peak - total }
  }

  @Test(arguments: [[1, 1], [7, 10], [300, 10], [3, 1000], [0, 5]], [0, 0.1])
  func crossEntropy(_ size: [Int], _ smoothing: Double) throws {
    let (rows, columns) = (size[0], size[1])
    let x = numbers(rows * columns, seed: 1, scale: 5)
    var labels = (0..<rows).map { Int32($0 * 7 % columns) }
    if rows > 3 { (labels[1], labels[2]) = (-1, Int32(columns)) }
    let upstream = numbers(rows, seed: 2)
    let epsilon = Double(Float(smoothing))
    var (loss, gradient): ([Double], [Double]) = ([], [])
    for row in 0..<rows {
      let l = logs(x[row * columns..<(row + 1) * columns])
      let valid = labels[row] >= 0 && labels[row] < columns
      let target = (0..<columns).map {
        epsilon / Double(columns) + ($0 == Int(labels[row]) ? 1 - epsilon : 0)
      }
      loss.append(valid ? -zip(target, l).reduce(0) { $0 + $1.0 * $1.1 } : 0)
      gradient += zip(target, l).map { valid ? upstream[row] * (Glibc.exp($1) - $0) : 0 }
    }
    func kind(_ loss: Bool, _ gradient: Bool) -> StepKind {
      .crossEntropy(
        smoothing: Float(smoothing), rows: rows, columns: columns, loss: loss, gradient: gradient)
    }
    let inputs: [StepCase.Elements] = [.reals(x), .integers(labels), .reals(upstream)]
    try StepCase(kind(true, true), inputs, counts: [rows, rows * columns])
      .check([loss, gradient], single: 4e-7)
    try StepCase(kind(false, true), inputs, counts: [rows * columns])
      .check([gradient], single: 4e-7)
    try StepCase(kind(true, false), Array(inputs[..<2]), counts: [rows]).check([loss])
  }

  @Test func crossEntropyOfExtremeLogits() throws {
    let x: [Double] = [1e4, -1e4, 0, 1e4, -1e4, 0]
    try StepCase(
      .crossEntropy(smoothing: 0, rows: 2, columns: 3, loss: true, gradient: true),
      [.reals(x), .integers([1, 0]), .reals([2])], counts: [2, 6]
    ).check([[2e4, 0], [2, -2, 0, 0, 0, 0]])
  }

  static let divergences: [Divergence] = [
    .forwardKL, .reverseKL, .jensenShannon(beta: 0.5), .jensenShannon(beta: 0.25), .probabilityL2,
  ]

  /// The value of one row, straight from the definition.
  private func value(_ d: Divergence, _ z: [Double], _ t: [Double], _ temperature: Double) -> Double
  {
    let (logQ, logP) = (logs(z[...], temperature), logs(t[...], temperature))
    return zip(logP, logQ).reduce(0) { sum, pair in
      let (p, q) = (Glibc.exp(pair.0), Glibc.exp(pair.1))
      switch d {
      case .forwardKL: return sum + (p > 0 ? p * (pair.0 - pair.1) : 0)
      case .reverseKL: return sum + (q > 0 ? q * (pair.1 - pair.0) : 0)
      case .jensenShannon(let beta):
        let b = Double(beta)
        let m = Glibc.log(b * p + (1 - b) * q)
        return sum + b * (p > 0 ? p * (pair.0 - m) : 0) + (1 - b) * (q > 0 ? q * (pair.1 - m) : 0)
      case .probabilityL2: return sum + (p - q) * (p - q)
      }
    }
  }

  @Test(arguments: divergences, [1.0, 4.0])
  func divergence(_ d: Divergence, _ temperature: Double) throws {
    for (rows, columns) in [(1, 1), (9, 10), (130, 7), (2, 67), (0, 3)] {
      let z = numbers(rows * columns, seed: 1, scale: 4)
      let t = numbers(rows * columns, seed: 2, scale: 4)
      let upstream = numbers(rows, seed: 3)
      var (loss, byZ, byT): ([Double], [Double], [Double]) = ([], [], [])
      for row in 0..<rows {
        let range = row * columns..<(row + 1) * columns
        let (zRow, tRow) = (Array(z[range]), Array(t[range]))
        loss.append(value(d, zRow, tRow, temperature))
        // Slopes by central differences of the definition.
        for column in 0..<columns {
          func at(_ side: Int, _ step: Double) -> Double {
            var (zMoved, tMoved) = (zRow, tRow)
            if side == 0 { zMoved[column] += step } else { tMoved[column] += step }
            return value(d, zMoved, tMoved, temperature)
          }
          let h = 1e-3
          func slope(_ side: Int) -> Double {
            (8 * (at(side, h) - at(side, -h)) - at(side, 2 * h) + at(side, -2 * h)) / (12 * h)
          }
          byZ.append(upstream[row] * slope(0))
          byT.append(upstream[row] * slope(1))
        }
      }
      func kind(_ loss: Bool, _ student: Bool, _ teacher: Bool) -> StepKind {
        .divergence(
          DivergenceStep(
            distance: .logits(d, temperature: Float(temperature)), rows: rows, columns: columns,
            loss: loss, studentGradient: student, teacherGradient: teacher))
      }
      let inputs: [StepCase.Elements] = [.reals(z), .reals(t), .reals(upstream)]
      let count = rows * columns
      try StepCase(kind(true, true, true), inputs, counts: [rows, count, count])
        .check([loss, byZ, byT], single: 5e-7, double: 2e-11, "\(rows)×\(columns)")
      try StepCase(kind(false, false, true), inputs, counts: [count])
        .check([byT], single: 5e-7, double: 2e-11)
      try StepCase(kind(true, false, false), Array(inputs[..<2]), counts: [rows]).check([loss])
    }
  }

  @Test(arguments: divergences) func extremeLogits(_ d: Divergence) throws {
    // Teacher and student are certain of different classes; a third class is masked in both.
    let z: [Double] = [1e4, 0, -.infinity]
    let t: [Double] = [0, 1e4, -.infinity]
    let expected: Double =
      switch d {
      case .forwardKL, .reverseKL: 1e4
      case .jensenShannon(let beta):
        -Double(beta) * Glibc.log(Double(beta)) - Double(1 - beta) * Glibc.log(Double(1 - beta))
      case .probabilityL2: 2
      }
    let step = DivergenceStep(
      distance: .logits(d, temperature: 1), rows: 1, columns: 3, loss: true, studentGradient: true,
      teacherGradient: true)
    let results = try StepCase(
      .divergence(step), [.reals(z), .reals(t), .reals([1])], counts: [1, 3, 3]
    ).run(CPUBackend(threads: 1))
    // Masked in both: log p − log q is no number, yet it must count nothing.
    expectClose(results[0], [expected], tolerance: 1e-6, "\(d)")
    #expect(results[1].allSatisfy(\.isFinite) && results[2].allSatisfy(\.isFinite), "\(d)")
  }

  @Test(arguments: divergences) func nearRowsKeepTheirDigits(_ d: Divergence) throws {
    for near in NearRows.cases(columns: 17) {
      let step = DivergenceStep(
        distance: .logits(d, temperature: near.temperature), rows: near.rows, columns: near.columns,
        loss: true, studentGradient: false, teacherGradient: false)
      let inputs = [near.student, near.teacher].map {
        StepCase.Elements.reals($0.map(Double.init))
      }
      let found = try StepCase(.divergence(step), inputs, counts: [near.rows]).run(
        CPUBackend(threads: 1))[0]
      for (value, wanted) in zip(found, near.exact(d)) {
        #expect(value >= 0 && abs(value - wanted) <= 1e-6 * wanted, "\(d) \(near)")
      }
    }
  }

  @Test func notANumberSpreadsOverItsRow() throws {
    for d in LossTests.divergences {
      let step = DivergenceStep(
        distance: .logits(d, temperature: 2), rows: 2, columns: 2, loss: true,
        studentGradient: true,
        teacherGradient: false)
      let results = try StepCase(
        .divergence(step), [.reals([1, .nan, 1, 2]), .reals([1, 2, 3, 4]), .reals([1, 1])],
        counts: [2, 4]
      ).run(CPUBackend(threads: 1))
      #expect(results[0][0].isNaN && results[0][1].isFinite, "\(d)")
      #expect(results[1][0].isNaN && results[1][1].isNaN && results[1][2].isFinite, "\(d)")
    }
  }
}
