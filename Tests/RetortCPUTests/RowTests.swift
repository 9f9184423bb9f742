import Glibc
import RetortCPU
import Testing

@testable import RetortCore

@Suite struct RowTests {
  static let sizes = [[1, 1], [3, 10], [128, 10], [5, 1000], [2, 30_522], [700, 3], [0, 4]]

  private func rows(_ x: [Double], _ columns: Int) -> [[Double]] {
    stride(from: 0, to: x.count, by: columns).map { Array(x[$0..<$0 + columns]) }
  }

  private func logSoftmax(_ x: [Double]) -> [Double] {
    let peak = x.max() ?? 0
    let total = Glibc.log(x.reduce(0) { $0 + Glibc.exp($1 - peak) })
    return x.map { $0 - peak - total }
  }

  @Test(arguments: sizes) func softmax(_ size: [Int]) throws {
    let (count, columns) = (size[0] * size[1], size[1])
    let x = numbers(count, seed: 1, scale: 8)
    let g = numbers(count, seed: 2)
    let logs = rows(x, columns).flatMap(logSoftmax)
    let y = logs.map { Glibc.exp($0) }
    func kind(_ kind: SoftmaxKind) -> StepKind {
      .softmax(kind, rows: size[0], columns: columns)
    }
    try StepCase(kind(.softmax), [.reals(x)], counts: [count]).check([y])
    try StepCase(kind(.logSoftmax), [.reals(x)], counts: [count]).check([logs])
    // The backward forms take what the forward ones give; here, numbers that float32 holds.
    let p = y.map { Double(Float($0)) }
    let slopes = zip(rows(p, columns), rows(g, columns)).flatMap { p, g in
      let mean = zip(p, g).reduce(0) { $0 + $1.0 * $1.1 }
      return zip(p, g).map { $0 * ($1 - mean) }
    }
    try StepCase(kind(.softmaxBackward), [.reals(p), .reals(g)], counts: [count]).check([slopes])
    let l = logs.map { Double(Float($0)) }
    let logSlopes = zip(rows(l, columns), rows(g, columns)).flatMap { l, g in
      let sum = g.reduce(0, +)
      return zip(l, g).map { $1 - Glibc.exp($0) * sum }
    }
    try StepCase(kind(.logSoftmaxBackward), [.reals(l), .reals(g)], counts: [count])
      .check([logSlopes], single: 4e-6)
  }

  @Test func extremeLogits() throws {
    let x: [Double] = [1e4, -1e4, 0, 1e4, 1e4, 1e4, -.infinity, 0, 0, .nan, 0, 0]
    let third = 1.0 / 3
    try StepCase(.softmax(.softmax, rows: 4, columns: 3), [.reals(x)], counts: [12]).check([
      [1, 0, 0, third, third, third, 0, 0.5, 0.5, .nan, .nan, .nan]
    ])
    let log3 = -Glibc.log(3.0)
    let log2 = -Glibc.log(2.0)
    try StepCase(.softmax(.logSoftmax, rows: 4, columns: 3), [.reals(x)], counts: [12]).check([
      [0, -2e4, -1e4, log3, log3, log3, -.infinity, log2, log2, .nan, .nan, .nan]
    ])
  }

  @Test func argmaxTakesTheFirst() throws {
    let x: [Double] = [1, 3, 3, 2, -.infinity, -.infinity, -1, -1, 4, .nan, 9, .nan]
    try StepCase(
      .argmax(rows: 4, columns: 3), [.reals(x)],
      outputs: [.integers([-1, -1, -1, -1])]
    ).check([[1, 0, 2, 0]])
    let wide = numbers(3 * 5000, seed: 4)
    let expected = rows(wide, 5000).map { row in
      Double(row.indices.reduce(0) { row[$1] > row[$0] ? $1 : $0 })
    }
    try StepCase(
      .argmax(rows: 3, columns: 5000), [.reals(wide)], outputs: [.integers([-1, -1, -1])]
    ).check([expected])
  }

  @Test(arguments: [[5, 3, 8], [1, 1, 1], [1000, 17, 700], [40, 300, 0]])
  func gatherAndScatter(_ size: [Int]) throws {
    let (rows, columns, count) = (size[0], size[1], size[2])
    var ids = numbers(count, seed: 1).map { Int32(Swift.abs($0) * Double(rows)) }
    if count > 5 { (ids[1], ids[3], ids[4]) = (-1, Int32(rows), .max) }
    let table = numbers(rows * columns, seed: 2)
    let g = numbers(count * columns, seed: 3)
    var taken: [Double] = []
    var sums = Array(repeating: 0.0, count: rows * columns)
    for (index, id) in ids.enumerated() {
      for column in 0..<columns {
        let valid = id >= 0 && id < rows
        taken.append(valid ? table[Int(id) * columns + column] : 0)
        if valid { sums[Int(id) * columns + column] += g[index * columns + column] }
      }
    }
    try StepCase(
      .gather(rows: rows, columns: columns, count: count), [.reals(table), .integers(ids)],
      counts: [taken.count]
    ).check([taken])
    try StepCase(
      .scatterAdd(rows: rows, columns: columns, count: count), [.integers(ids), .reals(g)],
      counts: [sums.count]
    ).check([sums])
  }

  @Test func tablesOfIntegers() throws {
    try StepCase(
      .gather(rows: 3, columns: 2, count: 3),
      [.integers([.max, 1, 2, 3, .min, 5]), .integers([2, 7, 0])],
      outputs: [.integers(Array(repeating: 9, count: 6))]
    ).check([[Double(Int32.min), 5, 0, 0, Double(Int32.max), 1]])
  }
}
