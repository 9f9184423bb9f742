import Glibc
import Testing

@testable import RetortCore
@testable import RetortOpenCL

@Suite struct FunctionTests {
  /// Floats of every exponent and sign, densest where functions bend, and the special ones.
  private static let samples: [Float] = {
    var numbers = TestNumbers(seed: 1)
    var values: [Float] = [
      0, -0.0, .infinity, -.infinity, .nan, .greatestFiniteMagnitude, -.greatestFiniteMagnitude,
      .leastNormalMagnitude, 1, -1, 88.7228, 88.7229, -87.33, -103.97, 1e4, -1e4, 1000, -1000,
      0.927734375, 0.92773443, 20, -20, 9, -9, 0.34657, 0.34658, -0.34658,
    ]
    for exponent in -126...127 {
      for _ in 0..<40 {
        let size = Float(sign: .plus, exponent: exponent, significand: 1 + abs(numbers.float(1)))
        values += [size, -size]
      }
    }
    values += numbers.floats(20000, 1) + numbers.floats(20000, 8) + numbers.floats(10000, 100)
    return values
  }()

  /// The distance of `found` from the true value in units of the last place; results below the
  /// normal range count as right when they are that small too.
  static func ulps(_ found: Float, _ exact: Double) -> Double {
    if found.isNaN || exact.isNaN { return found.isNaN && exact.isNaN ? 0 : .infinity }
    let nearest = Float(exact)
    if found == nearest { return 0 }
    if nearest.isInfinite || found.isInfinite {
      // The largest finite number may be reached or passed by the last rounding.
      return abs(exact) > 3.4028e38 && (found > 0) == (exact > 0) && found.magnitude > 3.4e38
        ? 1 : .infinity
    }
    let unit = max(Double(nearest.magnitude.ulp), Double(Float.leastNormalMagnitude))
    return abs(Double(found) - exact) / unit
  }

  /// Bounds in ulp; those of built-in functions are OpenCL's own.
  private static let bounds: [(UnaryOp, Double)] = [
    (.negate, 0), (.absolute, 0), (.exp, 3), (.expm1, 3), (.log, 3), (.log1p, 3), (.sqrt, 3),
    (.rsqrt, 4), (.reciprocal, 2.5), (.square, 0.51), (.tanh, 5), (.sigmoid, 5), (.erf, 4),
    (.relu, 0), (.sign, 0), (.floor, 0), (.isPositive, 0),
  ]

  @Test(arguments: KernelForm.allCases)
  func unaryFunctionsAreAccurate(_ form: KernelForm) throws {
    var program = PointwiseProgram(shape: [Self.samples.count])
    let x = program.load()
    for (op, _) in Self.bounds { program.store(program.add(.unary(op, x))) }
    let found = try StepRunner(form: form).run(
      .pointwise(program), [.float32(Self.samples)],
      outputs: Self.bounds.map { _ in (Self.samples.count, .float32) })
    for (output, (op, bound)) in zip(found, Self.bounds) {
      let values = output.floats
      try #require(values.count == Self.samples.count)
      var worst = (error: 0.0, at: Float(0), found: Float(0))
      for (value, x) in zip(values, Self.samples) {
        let error = Self.ulps(value, op.evaluate(Double(x)))
        if error > worst.error { worst = (error, x, value) }
      }
      #expect(
        worst.error <= bound,
        "\(form) \(op)(\(worst.at)) = \(worst.found): \(worst.error) ulp, bound \(bound)")
    }
  }

  @Test(arguments: KernelForm.allCases)
  func sineAndCosineOfModerateAngles(_ form: KernelForm) throws {
    var numbers = TestNumbers(seed: 2)
    let angles = numbers.floats(3000, 50) + [.nan, .infinity, 0]
    var program = PointwiseProgram(shape: [angles.count])
    let x = program.load()
    program.store(program.add(.unary(.sin, x)))
    program.store(program.add(.unary(.cos, x)))
    let found = try StepRunner(form: form).run(
      .pointwise(program), [.float32(angles)],
      outputs: [(angles.count, .float32), (angles.count, .float32)])
    for (output, op) in zip(found, [UnaryOp.sin, .cos]) {
      let expected = angles.enumerated().map { ($0, op.evaluate(Double($1))) }
      let message = output.firstMismatch(Dictionary(uniqueKeysWithValues: expected), within: 3e-7)
      #expect(message == nil, "\(form) \(op) \(message ?? "")")
    }
  }

  @Test(arguments: KernelForm.allCases)
  func binaryFunctionsOnSpecialValues(_ form: KernelForm) throws {
    let specials: [Float] = [0, -0.0, 1, -1, 2.5, -3, 0.5, 1e30, .infinity, -.infinity, .nan, 2]
    let pairs = specials.flatMap { x in specials.map { (x, $0) } }
    let operations: [BinaryOp] = [
      .add, .subtract, .multiply, .divide, .maximum, .minimum, .power, .greater, .greaterOrEqual,
      .equal,
    ]
    var program = PointwiseProgram(shape: [pairs.count])
    let (x, y) = (program.load(), program.load())
    for op in operations { program.store(program.add(.binary(op, x, y))) }
    let clampLow = program.add(.constant(-1))
    let low = program.add(.binary(.maximum, x, clampLow))
    program.store(program.add(.binary(.minimum, program.add(.constant(2)), low)))
    program.store(program.add(.select(x, y, clampLow)))
    let found = try StepRunner(form: form).run(
      .pointwise(program), [.float32(pairs.map(\.0)), .float32(pairs.map(\.1))],
      outputs: program.results.map { _ in (pairs.count, .float32) })
    let oracle = ProgramOracle(
      program: program, inputs: [.float32(pairs.map(\.0)), .float32(pairs.map(\.1))])
    for (index, output) in found.enumerated() {
      try #require(output.floats.count == pairs.count)
      for (position, value) in output.floats.enumerated() {
        let exact = oracle.results(at: [position])[index]
        #expect(
          Self.ulps(value, exact) <= 16,
          "\(form) result \(index) of \(pairs[position]) is \(value), not \(exact)")
      }
    }
  }
}
