import Glibc
import Testing

@testable import RetortCore
@testable import RetortOpenCL

@Suite struct LatentStepTests {
  @Test(
    arguments: [LatentStepRule.plain, .normalised],
    [(1, 1), (7, 1), (3, 8), (16, 16), (5, 17), (4, 100), (2, 333)])
  func movesAreRight(_ rule: LatentStepRule, _ shape: (Int, Int)) throws {
    let (rows, columns) = shape
    var numbers = TestNumbers(seed: UInt64(rows + columns))
    let z = numbers.floats(rows * columns)
    var g = numbers.floats(rows * columns)
    if rows > 2 { for column in 0..<columns { g[2 * columns + column] = 0 } }
    for isPerRow in [true, false] {
      let size = numbers.floats(isPerRow ? rows : 1)
      let expected = (0..<rows).flatMap { row -> [Double] in
        let range = row * columns..<(row + 1) * columns
        let norm = sqrt(g[range].reduce(0.0) { $0 + Double($1) * Double($1) })
        let rate = Double(size[isPerRow ? row : 0]) / (rule == .plain ? 1 : norm + 1e-12)
        return range.map { Double(z[$0]) + rate * Double(g[$0]) }
      }
      for form in KernelForm.allCases {
        let found = try StepRunner(form: form).run(
          .latentStep(rule, rows: rows, columns: columns, sizePerRow: isPerRow && rows > 1),
          [.float32(z), .float32(g), .float32(size)], outputs: [(rows * columns, .float32)])
        #expect(worstError(found[0].floats, expected, absolute: 1e-6, relative: 1e-6) <= 1)
      }
    }
  }

  @Test(arguments: KernelForm.allCases) func nanStaysInItsRow(_ form: KernelForm) throws {
    let found = try StepRunner(form: form).run(
      .latentStep(.normalised, rows: 2, columns: 3, sizePerRow: false),
      [.float32([1, 2, 3, 4, 5, 6]), .float32([.nan, 0, 0, 3, 4, 0]), .float32([10])],
      outputs: [(6, .float32)])
    let expected: [Double] = [.nan, .nan, .nan, 10, 13, 6]
    #expect(worstError(found[0].floats, expected, absolute: 1e-6, relative: 0) <= 1)
  }
}
