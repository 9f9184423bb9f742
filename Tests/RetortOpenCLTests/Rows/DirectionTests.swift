import Glibc
import RetortVerification
import Testing

@testable import RetortCore
@testable import RetortOpenCL

@Suite struct DirectionTests {
  @Test(arguments: [(1, 1), (5, 1), (9, 10), (4, 16), (5, 17), (3, 130), (2, 1000)])
  func distancesAndGradientsAreRight(_ shape: (Int, Int)) throws {
    let (rows, columns) = shape
    var numbers = TestNumbers(seed: UInt64(rows * columns))
    for size in [Float(3), 1e-6, 1e8] {
      let student = numbers.floats(rows * columns, size)
      let teacher = numbers.floats(rows * columns, size)
      try check(student, teacher, numbers.floats(size == 3 ? rows : 1), rows, columns)
    }
  }

  @Test func vectorsOfZerosHaveNoDirection() throws {
    var numbers = TestNumbers(seed: 5)
    var (student, teacher) = (numbers.floats(4 * 20), numbers.floats(4 * 20))
    for column in 0..<20 {
      student[column] = 0
      teacher[20 + column] = 0
      (student[40 + column], teacher[40 + column]) = (0, 0)
    }
    try check(student, teacher, [1], 4, 20)
  }

  /// Lengths below 1e-12 count as that, and have no slope of their own.
  @Test func leastLengthsAreConstants() throws {
    var numbers = TestNumbers(seed: 6)
    try check(numbers.floats(3 * 18, 1e-14), numbers.floats(3 * 18), [1e-12], 3, 18)
  }

  @Test func nanStaysInItsRow() throws {
    var numbers = TestNumbers(seed: 7)
    var student = numbers.floats(3 * 18)
    student[20] = .nan
    try check(student, numbers.floats(3 * 18), [1], 3, 18)
  }

  private func check(
    _ student: [Float], _ teacher: [Float], _ upstream: [Float], _ rows: Int, _ columns: Int
  ) throws {
    for distance in [RowDistance.direction, .cosine(floor: 1e-12)] {
      try check(distance, student, teacher, upstream, rows, columns)
    }
  }

  private func check(
    _ distance: RowDistance, _ student: [Float], _ teacher: [Float], _ upstream: [Float],
    _ rows: Int, _ columns: Int
  ) throws {
    let isCosine = distance != .direction
    var (losses, byStudent, byTeacher): ([Double], [Double], [Double]) = ([], [], [])
    // How large gradients may be, by which their rounding errors go.
    var size = 1e-30
    for row in 0..<rows {
      let range = row * columns..<(row + 1) * columns
      let (s, t) = (Direction(student[range]), Direction(teacher[range]))
      let weight = Double(upstream[row % upstream.count])
      losses.append(
        isCosine
          ? 1 - s.cosine(to: t)
          : zip(s.unit, t.unit).reduce(0) { $0 + ($1.1 - $1.0) * ($1.1 - $1.0) })
      byStudent += s.gradient(against: t, isCosine: isCosine).map { $0 * weight }
      byTeacher += t.gradient(against: s, isCosine: isCosine).map { $0 * weight }
      size = max(size, 2 * abs(weight) * max(s.inverse, t.inverse))
    }
    let count = rows * columns
    for form in KernelForm.allCases {
      for outputs in columns == 10 ? 1..<8 : 7..<8 {
        let (loss, left, right) = (outputs & 1 != 0, outputs & 2 != 0, outputs & 4 != 0)
        let step = DivergenceStep(
          distance: distance, rows: rows, columns: columns, loss: loss, studentGradient: left,
          teacherGradient: right)
        let found = try StepRunner(form: form).run(
          .divergence(step),
          [.float32(student), .float32(teacher)] + (left || right ? [.float32(upstream)] : []),
          outputs: (loss ? [(rows, .float32)] : []) + (left ? [(count, .float32)] : [])
            + (right ? [(count, .float32)] : []))
        let expected: [([Double], Double)] =
          (loss ? [(losses, 1)] : []) + (left ? [(byStudent, size)] : [])
          + (right ? [(byTeacher, size)] : [])
        for (values, wanted) in zip(found, expected) {
          let worst = worstError(
            values.floats, wanted.0, absolute: 1e-6 * wanted.1, relative: 4e-6)
          #expect(worst <= 1, "\(distance) \(form) outputs \(outputs) \(rows)×\(columns)")
        }
      }
    }
  }
}

/// A vector over its length, in float64, from the definition.
private struct Direction {
  let unit: [Double]
  /// 1 over the length; 0 for zeros.
  let inverse: Double
  private let isConstant: Bool

  init(_ x: ArraySlice<Float>) {
    let length = sqrt(x.reduce(0) { $0 + Double($1) * Double($1) })
    let inverse = length == 0 ? 0 : 1 / (length < 1e-12 ? 1e-12 : length)
    (self.inverse, isConstant) = (inverse, length < 1e-12)
    unit = x.map { Double($0) * inverse }
  }

  func cosine(to other: Direction) -> Double {
    zip(unit, other.unit).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// The gradient of the squared distance by this vector, or of one less the cosine.
  func gradient(against other: Direction, isCosine: Bool) -> [Double] {
    let slopes = zip(unit, other.unit).map { isCosine ? -$1 : 2 * ($0 - $1) }
    let along: Double = isConstant ? 0 : zip(unit, slopes).reduce(0) { $0 + $1.0 * $1.1 }
    return zip(unit, slopes).map { inverse * ($1 - $0 * along) }
  }
}
