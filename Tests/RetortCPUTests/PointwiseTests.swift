import RetortCPU
import Testing

@testable import RetortCore

@Suite struct PointwiseTests {
  private let specials: [Double] = [
    0, -0.0, 1, -1, 0.5, -0.5, 1e-30, -1e-30, 3.25, -3.25, 20, -20, 89, -89, 104, -104, 1e4, -1e4,
    1e30, -1e30, .infinity, -.infinity, .nan,
  ].map { Double(Float($0)) }

  @Test(arguments: UnaryOp.allCases)
  func unary(_ op: UnaryOp) throws {
    let x = specials + numbers(1301, seed: 5, scale: 4) + numbers(300, seed: 6, scale: 90)
    let program = PointwiseProgram.dense(
      [x.count], operands: 1, [.load(0), .unary(op, 0)], results: [1])
    try StepCase(.pointwise(program), [.reals(x)], counts: [x.count])
      .check([x.map(op.evaluate)], single: 4e-7, double: 1e-14, "\(op)")
  }

  @Test(arguments: BinaryOp.allCases)
  func binary(_ op: BinaryOp) throws {
    var x = specials.flatMap { a in specials.map { _ in a } } + numbers(700, seed: 7, scale: 3)
    let y = specials.flatMap { _ in specials } + numbers(700, seed: 8, scale: 3)
    if op == .power { x = x.map { Swift.abs($0) } }
    let program = PointwiseProgram.dense(
      [x.count], operands: 2, [.load(0), .load(1), .binary(op, 0, 1)], results: [2])
    // A float32 result may overflow or vanish where the double one does not.
    let expected = zip(x, y).map { op.evaluate($0, $1) }
    let denormal = expected.map { Swift.abs($0) < 1e-36 ? 0 : $0 }
    try StepCase(.pointwise(program), [.reals(x), .reals(y)], counts: [x.count])
      .check([denormal], single: 1e-6, double: 1e-14, "\(op)")
  }

  @Test func selectTakesNaNForTrue() throws {
    let condition: [Double] = [0, -0.0, 1, -2, .nan, .infinity]
    let program = PointwiseProgram.dense(
      [6], operands: 3, [.load(0), .load(1), .load(2), .select(0, 1, 2)], results: [3])
    let (a, b) = (numbers(6, seed: 1), numbers(6, seed: 2))
    try StepCase(
      .pointwise(program), [.reals(condition), .reals(a), .reals(b)], counts: [6]
    ).check([[b[0], b[1], a[2], a[3], a[4], a[5]]])
  }

  @Test(arguments: [
    [1], [5, 7], [3, 4, 5], [2, 3, 10, 1], [7, 600], [3, 1030], [2, 1, 3, 2, 1, 5, 2, 3],
    [40, 33, 31],
  ])
  func stridedOperands(_ extents: [Int]) throws {
    // Dense, transposed, last axis repeated, first axis repeated, one element.
    let shape = Shape(extents)
    var program = PointwiseProgram(shape: shape)
    let reversed = Shape(Array(extents.reversed()))
    var accesses = Array(repeating: PointwiseProgram.Access(strides: shape.strides), count: 5)
    for axis in 0..<shape.rank {
      accesses[1].strides[axis] = reversed.strides[shape.rank - 1 - axis]
    }
    accesses[1].offset = 3
    accesses[2].strides[shape.rank - 1] = 0
    accesses[3].strides[0] = 0
    accesses[4] = .init(offset: 2, strides: SIMD8(repeating: 0))
    program.operands = accesses.map { .init(access: $0, dtype: .float32) }
    program.instructions = [
      .load(0), .load(1), .binary(.multiply, 0, 1), .load(2), .binary(.add, 2, 3), .load(3),
      .binary(.subtract, 4, 5), .load(4), .binary(.multiply, 6, 7), .constant(0.75),
      .binary(.add, 8, 9),
    ]
    program.results = [
      .init(register: 10, access: .init(strides: shape.strides), dtype: .float32)
    ]
    let data = (0..<5).map { numbers(shape.count + 3, seed: UInt64($0) + 11) }
    let expected = positions(shape).map { p in
      let v = accesses.enumerated().map { data[$0][element(p, $1)] }
      return (v[0] * v[1] + v[2] - v[3]) * v[4] + 0.75
    }
    try StepCase(.pointwise(program), data.map { .reals($0) }, counts: [shape.count])
      .check([expected])
  }

  @Test func resultsFillPartsOfValues() throws {
    // Rows 1…3 of columns 2…4 of a [6, 7] value, and a transposed copy.
    let shape: Shape = [3, 3]
    var program = PointwiseProgram(shape: shape)
    program.operands = [.init(access: .init(strides: shape.strides), dtype: .float32)]
    program.instructions = [.load(0), .unary(.negate, 0)]
    let part = PointwiseProgram.Access(offset: 9, strides: SIMD8(7, 1, 0, 0, 0, 0, 0, 0))
    let turned = PointwiseProgram.Access(strides: SIMD8(1, 3, 0, 0, 0, 0, 0, 0))
    program.results = [
      .init(register: 1, access: part, dtype: .float32),
      .init(register: 0, access: turned, dtype: .float32),
    ]
    let x = numbers(9, seed: 3)
    var expected = Array(repeating: -77.25, count: 42)
    var transposed = Array(repeating: 0.0, count: 9)
    for row in 0..<3 {
      for column in 0..<3 {
        expected[9 + row * 7 + column] = -x[row * 3 + column]
        transposed[column * 3 + row] = x[row * 3 + column]
      }
    }
    try StepCase(.pointwise(program), [.reals(x)], counts: [42, 9]).check([expected, transposed])
  }

  @Test func integersStayExact() throws {
    let a: [Int32] = [.max, .min, 16_777_217, -16_777_219, 0, 7]
    let b: [Int32] = [1, -1, 16_777_216, 3, 0, 7]
    var program = PointwiseProgram(shape: [6])
    let access = PointwiseProgram.Access(strides: program.shape.strides)
    program.operands = [
      .init(access: access, dtype: .int32), .init(access: access, dtype: .int32),
    ]
    program.instructions = [
      .load(0), .load(1), .binary(.add, 0, 1), .binary(.equal, 0, 1), .binary(.greater, 0, 1),
      .unary(.toFloat, 1), .constant(7), .binary(.equal, 0, 6), .select(7, 1, 0), .constant(0.5),
      .binary(.multiply, 5, 9),
    ]
    program.results = [(0, DType.int32), (2, .int32), (3, .int32), (4, .int32), (5, .float32)]
      .map { .init(register: $0.0, access: access, dtype: $0.1) }
    program.results.append(.init(register: 8, access: access, dtype: .int32))
    program.results.append(.init(register: 10, access: access, dtype: .int32))
    let zeros = Array(repeating: Int32(0), count: 6)
    try StepCase(
      .pointwise(program), [.integers(a), .integers(b)],
      outputs: [.integers(zeros), .integers(zeros), .integers(zeros), .integers(zeros)]
        + [.reals(Array(repeating: 0, count: 6)), .integers(zeros), .integers(zeros)]
    ).check(
      [
        a.map(Double.init), zip(a, b).map { Double($0 &+ $1) },
        zip(a, b).map { $0 == $1 ? 1 : 0 }, zip(a, b).map { $0 > $1 ? 1 : 0 }, b.map(Double.init),
        [.max, .min, 16_777_217, -16_777_219, 0, 7].map { (x: Int32) in Double(x) },
        b.map { Double(Int32(Double($0) / 2)) },
      ], single: 1e-12)
  }

  @Test func largeIntegersKeepFractionsOfNothing() throws {
    // float32 to int32: toward zero, saturating, NaN to zero.
    let x: [Double] = [1.75, -1.75, 3e9, -3e9, .nan, .infinity]
    var program = PointwiseProgram.dense([6], operands: 1, [.load(0)], results: [0])
    program.results[0].dtype = .int32
    try StepCase(
      .pointwise(program), [.reals(x)],
      outputs: [.integers(Array(repeating: 5, count: 6))]
    ).check(
      [[1, -1, Double(Int32.max), Double(Int32.min), 0, Double(Int32.max)]], single: 1e-12)
  }

  @Test func operandsMayBeOverwritten() throws {
    // x becomes y + 1 and y becomes the old x, in place.
    let (x, y) = (numbers(5000, seed: 1), numbers(5000, seed: 2))
    var plan = Plan()
    plan.variables = [Variable(name: "x", count: 5000), Variable(name: "y", count: 5000)]
    plan.values = [0, 1].map {
      .init(storage: .variable($0, offset: 0), count: 5000, dtype: .float32)
    }
    let program = PointwiseProgram.dense(
      [5000], operands: 2, [.load(0), .load(1), .constant(1), .binary(.add, 1, 2)],
      results: [3, 0])
    plan.steps = [Step(kind: .pointwise(program), inputs: [0, 1], outputs: [0, 1], label: "")]
    plan.outputs = [0, 1].map { .init(shape: [5000], dtype: .float32, value: $0) }
    let backend = CPUBackend(threads: 2)
    let buffers = try [x, y].map {
      let buffer = try backend.makeBuffer(count: 5000, dtype: .float32)
      try buffer.write(.float32($0.map(Float.init)), at: 0)
      return buffer
    }
    let executable = try backend.executable(plan, variables: buffers)
    try executable.run()
    expectClose(try executable.outputDoubles(0), y.map { $0 + 1 }, tolerance: 1e-6)
    #expect(try executable.outputDoubles(1) == x)
  }

  @Test func nothingToDo() throws {
    let program = PointwiseProgram.dense(
      [3, 0, 2], operands: 1, [.load(0), .unary(.exp, 0)], results: [1])
    try StepCase(.pointwise(program), [.reals([])], counts: [0]).check([[]])
  }

  @Test func constantsAlone() throws {
    let program = PointwiseProgram.dense(
      [700], operands: 0, [.constant(2), .constant(3), .binary(.power, 0, 1)], results: [2, 0])
    try StepCase(.pointwise(program), [], counts: [700, 700])
      .check([Array(repeating: 8, count: 700), Array(repeating: 2, count: 700)])
  }
}

/// All positions of a shape in row-major order.
func positions(_ shape: Shape) -> [[Int]] {
  (0..<shape.count).map { linear in
    (0..<shape.rank).map { linear / max(1, shape.strides[$0]) % shape[$0] }
  }
}

func element(_ position: [Int], _ access: PointwiseProgram.Access) -> Int {
  position.enumerated().reduce(access.offset) { $0 + $1.element * access.strides[$1.offset] }
}
