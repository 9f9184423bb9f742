import RetortVerification
import Testing

@testable import RetortCore
@testable import RetortOpenCL

@Suite struct DivergenceTests {
  static let kinds: [Divergence] = [
    .forwardKL, .reverseKL, .jensenShannon(beta: 0.3), .probabilityL2,
  ]

  @Test(
    arguments: [(1, 1), (5, 1), (3, 2), (9, 10), (4, 16), (5, 17), (3, 130), (2, 1000)], kinds)
  func lossAndGradientsAreRight(_ shape: (Int, Int), _ kind: Divergence) throws {
    let (rows, columns) = shape
    var numbers = TestNumbers(seed: UInt64(rows * columns))
    for (size, temperature) in [(Float(3), Float(1)), (3, 4), (10_000, 2.5)] {
      let student = numbers.floats(rows * columns, size)
      let teacher = numbers.floats(rows * columns, size)
      let upstream = numbers.floats(size == 3 ? rows : 1)
      try check(kind, student, teacher, upstream, temperature, rows, columns)
    }
  }

  @Test(arguments: kinds) func maskedClassesCountNothing(_ kind: Divergence) throws {
    var numbers = TestNumbers(seed: 5)
    var student = numbers.floats(4 * 20)
    var teacher = numbers.floats(4 * 20)
    for row in 0..<4 {
      student[row * 20 + row] = -.infinity
      teacher[row * 20 + row] = -.infinity
    }
    try check(kind, student, teacher, [1], 2, 4, 20)
  }

  @Test(arguments: kinds) func nanStaysInItsRow(_ kind: Divergence) throws {
    var numbers = TestNumbers(seed: 6)
    var student = numbers.floats(3 * 18)
    student[20] = .nan
    try check(kind, student, numbers.floats(3 * 18), [1], 1, 3, 18)
  }

  @Test(arguments: kinds) func nearRowsKeepTheirDigits(_ kind: Divergence) throws {
    for near in [16, 130].flatMap(NearRows.cases) {
      for form in KernelForm.allCases {
        let found = try run(
          step(kind, near.temperature, near.rows, near.columns, loss: true, true, true), form,
          near.student, near.teacher, [1])[0].floats
        #expect(found.allSatisfy { $0 >= 0 }, "\(kind) \(form) \(near)")
        let worst = worstError(found, near.exact(kind), absolute: 1e-36, relative: 1e-5)
        #expect(worst <= 1, "\(kind) \(form) \(near)")
      }
    }
  }

  /// The values of `methods`' table: two rows of three classes, divided by the batch.
  @Test(arguments: KernelForm.allCases) func knownValuesComeOut(_ form: KernelForm) throws {
    let student: [Float] = [1, 2, 0.5, -0.3, 0.8, 1.2]
    let teacher: [Float] = [2, 1, 0.1, 0.2, 1.5, -0.7]
    let known: [(Divergence, Float, Double)] = [
      (.forwardKL, 1, 0.4453627997), (.forwardKL, 4, 0.0325040380), (.reverseKL, 1, 0.5444433288),
      (.jensenShannon(beta: 0.5), 1, 0.1146511814), (.jensenShannon(beta: 0.1), 1, 0.0399953556),
    ]
    for (kind, temperature, mean) in known {
      let found = try run(
        step(kind, temperature, 2, 3, loss: true, false, false), form, student, teacher, [])
      let rows = found[0].floats
      #expect(abs(Double(rows[0] + rows[1]) / 2 - mean) < 3e-7)
    }
  }

  private func check(
    _ kind: Divergence, _ student: [Float], _ teacher: [Float], _ upstream: [Float],
    _ temperature: Float, _ rows: Int, _ columns: Int
  ) throws {
    let oracle = RowOracle(rows: rows, columns: columns)
    var (losses, byStudent, byTeacher): ([Double], [Double], [Double]) = ([], [], [])
    for row in 0..<rows {
      let range = row * columns..<(row + 1) * columns
      let one = oracle.divergence(
        kind, student: student[range], teacher: teacher[range], temperature: Double(temperature))
      let weight = Double(upstream[row % upstream.count])
      losses.append(one.loss)
      byStudent += one.student.map { $0 * weight }
      byTeacher += one.teacher.map { $0 * weight }
    }
    // Logits in the thousands are themselves only known to 1e-3 after a division.
    let isHuge = student.contains { abs($0) > 100 && $0.isFinite }
    let (absolute, relative) = isHuge ? (5e-3, 1e-5) : (4e-6, 4e-6)
    for form in KernelForm.allCases {
      for outputs in columns != 10 ? [7] : kind == .forwardKL ? [1, 2, 3, 4, 7] : [3, 6, 7] {
        let (loss, left, right) = (outputs & 1 != 0, outputs & 2 != 0, outputs & 4 != 0)
        let found = try run(
          step(kind, temperature, rows, columns, loss: loss, left, right), form, student, teacher,
          left || right ? upstream : [])
        let expected =
          (loss ? [losses] : []) + (left ? [byStudent] : []) + (right ? [byTeacher] : [])
        for (values, wanted) in zip(found, expected) {
          let worst = worstError(
            values.floats, wanted, absolute: absolute, relative: relative)
          #expect(worst <= 1, "\(kind) \(form) outputs \(outputs) \(rows)×\(columns)")
        }
      }
    }
  }

  private func step(
    _ kind: Divergence, _ temperature: Float, _ rows: Int, _ columns: Int, loss: Bool,
    _ studentGradient: Bool, _ teacherGradient: Bool
  ) -> DivergenceStep {
    DivergenceStep(
      distance: .logits(kind, temperature: temperature), rows: rows, columns: columns, loss: loss,
      studentGradient: studentGradient, teacherGradient: teacherGradient)
  }

  private func run(
    _ step: DivergenceStep, _ form: KernelForm, _ student: [Float], _ teacher: [Float],
    _ upstream: [Float]
  ) throws -> [HostArray] {
    let count = step.rows * step.columns
    return try StepRunner(form: form).run(
      .divergence(step),
      [.float32(student), .float32(teacher)] + (upstream.isEmpty ? [] : [.float32(upstream)]),
      outputs: (step.loss ? [(step.rows, .float32)] : [])
        + (step.studentGradient ? [(count, .float32)] : [])
        + (step.teacherGradient ? [(count, .float32)] : []))
  }
}
