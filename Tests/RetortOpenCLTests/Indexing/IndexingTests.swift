import Testing

@testable import RetortCore
@testable import RetortOpenCL

/// Gather, scatter-add and argmax in both forms.
@Suite struct IndexingTests {
  /// Rows and columns of the table, and how many ids.
  static let tables = [
    [1, 1, 1], [7, 3, 20], [7, 16, 500], [50, 20, 33], [3, 40, 700], [200, 17, 9],
  ]

  private func ids(_ count: Int, rows: Int, _ numbers: inout TestNumbers) -> [Int32] {
    (0..<count).map { index in
      switch index {
      case 1: .max
      case 2: .min
      default: Int32(numbers.int(-1..<rows + 1))
      }
    }
  }

  @Test(arguments: KernelForm.allCases, tables)
  func gatherCopiesRowsAndNothingElse(_ form: KernelForm, _ sizes: [Int]) throws {
    let (rows, columns, count) = (sizes[0], sizes[1], sizes[2])
    var numbers = TestNumbers(seed: 7)
    let table = numbers.floats(rows * columns)
    let ids = ids(count, rows: rows, &numbers)
    let y = try StepRunner(form: form).run(
      .gather(rows: rows, columns: columns, count: count), [.float32(table), .int32(ids)],
      outputs: [(count * columns, .float32)])[0]
    let expected = ids.flatMap { id in
      (0..<columns).map { (0..<Int32(rows)).contains(id) ? table[Int(id) * columns + $0] : 0 }
    }
    #expect(y == .float32(expected))
  }

  @Test(arguments: KernelForm.allCases, tables)
  func scatterAddsInOrder(_ form: KernelForm, _ sizes: [Int]) throws {
    let (rows, columns, count) = (sizes[0], sizes[1], sizes[2])
    var numbers = TestNumbers(seed: 8)
    let g = numbers.floats(count * columns)
    let ids = ids(count, rows: rows, &numbers)
    var expected: [Int: Double] = [:]
    for place in 0..<rows * columns { expected[place] = 0 }
    for (index, id) in ids.enumerated() where (0..<Int32(rows)).contains(id) {
      for column in 0..<columns {
        expected[Int(id) * columns + column, default: 0] += Double(g[index * columns + column])
      }
    }
    let table = try StepRunner(form: form).run(
      .scatterAdd(rows: rows, columns: columns, count: count), [.int32(ids), .float32(g)],
      outputs: [(rows * columns, .float32)])[0]
    let message = table.firstMismatch(expected, within: 2e-6)
    #expect(message == nil, "\(message ?? "")")
  }

  @Test(
    arguments: KernelForm.allCases,
    [[1, 1], [10, 2], [35, 10], [7, 16], [4, 17], [3, 1000], [2, 3001]])
  func argmaxIsTheFirstMaximum(_ form: KernelForm, _ shape: [Int]) throws {
    let (rows, columns) = (shape[0], shape[1])
    var numbers = TestNumbers(seed: 9)
    let choices: [[Float]] = [
      [0, 1, 2], [.nan, 0, .infinity, -1], [-.infinity], [1e4, -1e4, 3],
    ]
    for values in choices {
      let x = (0..<rows * columns).map { _ in numbers.pick(values) }
      let expected = (0..<rows).map { row in
        Int32(
          (1..<max(columns, 1)).reduce(0) { best, column in
            let (value, top) = (x[row * columns + column], x[row * columns + best])
            return value > top || (value.isNaN && !top.isNaN) ? column : best
          })
      }
      let y = try StepRunner(form: form).run(
        .argmax(rows: rows, columns: columns), [.float32(x)], outputs: [(rows, .int32)])[0]
      #expect(y == .int32(expected), "of \(values)")
    }
  }
}
