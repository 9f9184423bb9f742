import Testing

@testable import RetortCore
@testable import RetortOpenCL

@Suite struct PointwiseTests {
  /// Runs programs and compares every stored element; what they do not store must stay as it was.
  private func check(
    _ samples: [(program: PointwiseProgram, inputs: [HostArray])], _ form: KernelForm,
    within: Double
  ) throws {
    let jobs = samples.map { program, inputs in
      StepJob(
        kind: .pointwise(program), inputs: inputs,
        outputs: program.results.map { (program.extent($0.access), $0.dtype) })
    }
    for (outputs, sample) in zip(try StepRunner(form: form).run(jobs), samples) {
      let oracle = ProgramOracle(program: sample.program, inputs: sample.inputs)
      for (index, output) in outputs.enumerated() {
        let expected = oracle.stored(index, in: output.count)
        let message = output.firstMismatch(expected, within: within)
        #expect(message == nil, "result \(index) of \(sample.program): \(message ?? "")")
      }
    }
  }

  @Test(arguments: KernelForm.allCases, 0..<2)
  func arbitraryProgramsMatchTheOracle(_ form: KernelForm, _ group: Int) throws {
    let samples = (0..<20).map { ArbitraryProgram(seed: UInt64(group * 20 + $0)) }
    try check(samples.map { ($0.program, $0.inputs) }, form, within: 4e-6)
  }

  @Test(arguments: KernelForm.allCases)
  func perChannelOperands(_ form: KernelForm) throws {
    let shapes: [Shape] = [
      [700, 3], [409, 10], [300, 8], [2049, 1], [260, 24], [70, 33], [3, 5, 7, 12], [6000],
    ]
    try check(shapes.map(perChannel), form, within: 2e-6)
  }

  /// `x·scale + shift + label` with operands of one element per channel.
  private func perChannel(
    _ shape: Shape
  ) -> (program: PointwiseProgram, inputs: [HostArray]) {
    var numbers = TestNumbers(seed: 9)
    var program = PointwiseProgram(shape: shape)
    var strides = SIMD8<Int>(repeating: 0)
    strides[shape.rank - 1] = 1
    let x = program.load()
    let scale = program.load(.init(strides: strides))
    let shift = program.load(.init(offset: 2, strides: strides))
    let labels = program.load(.init(strides: strides), .int32)
    let product = program.add(.binary(.multiply, x, scale))
    let sum = program.add(.binary(.add, product, shift))
    program.store(program.add(.binary(.add, sum, program.add(.unary(.toFloat, labels)))))
    program.store(product)
    let channels = shape[-1]
    return (
      program,
      [
        .float32(numbers.floats(shape.count)), .float32(numbers.floats(channels)),
        .float32(numbers.floats(channels + 2)), .int32((0..<channels).map { Int32($0) - 4 }),
      ]
    )
  }

  @Test(arguments: KernelForm.allCases)
  func integersStayExact(_ form: KernelForm) throws {
    var program = PointwiseProgram(shape: [3, 7])
    let a = program.load(nil, .int32)
    let b = program.load(.init(strides: [1, 0, 0, 0, 0, 0, 0, 0]), .int32)
    let large = program.add(.constant(16_777_217))
    let sum = program.add(.binary(.add, a, large))
    program.store(sum, nil, .int32)
    program.store(program.add(.binary(.maximum, a, b)), nil, .int32)
    program.store(program.add(.binary(.greater, a, b)), nil, .float32)
    program.store(program.add(.binary(.divide, a, b)), nil, .int32)
    program.store(program.add(.unary(.negate, program.add(.unary(.absolute, a)))), nil, .int32)
    let first = (0..<21).map { Int32($0 * 7 - 60) }
    let second: [Int32] = [3, -1, 0]
    let found = try StepRunner(form: form).run(
      .pointwise(program), [.int32(first), .int32(second)],
      outputs: program.results.map { (21, $0.dtype) })
    let pairs = first.indices.map { (first[$0], second[$0 / 7]) }
    #expect(found[0] == .int32(first.map { $0 + 16_777_217 }))
    #expect(found[1] == .int32(pairs.map { max($0, $1) }))
    #expect(found[2] == .float32(pairs.map { $0 > $1 ? 1 : 0 }))
    #expect(found[3] == .int32(pairs.map { $1 == 0 ? 0 : $0 / $1 }))
    #expect(found[4] == .int32(first.map { -abs($0) }))
  }

  @Test(arguments: KernelForm.allCases)
  func constantsArriveExactly(_ form: KernelForm) throws {
    let values: [Float] = [
      0.1, -1 / 3, .leastNonzeroMagnitude, .leastNormalMagnitude, .greatestFiniteMagnitude, 1, -0.0,
      3 * .leastNonzeroMagnitude, .infinity, -.infinity, .nan,
    ]
    var program = PointwiseProgram(shape: [1])
    for value in values { program.store(program.add(.constant(Double(value)))) }
    let found = try StepRunner(form: form).run(
      .pointwise(program), [], outputs: values.map { _ in (1, .float32) })
    for (value, output) in zip(values, found) {
      let stored = try #require(output.floats.first)
      #expect(stored.bitPattern == value.bitPattern || (stored.isNaN && value.isNaN))
    }
  }

  @Test(arguments: KernelForm.allCases)
  func emptyTensorsLaunchNothing(_ form: KernelForm) throws {
    var program = PointwiseProgram(shape: [3, 0])
    program.store(program.load())
    var plan = Plan()
    for index in 0..<2 {
      plan.values.append(.init(storage: .input(index), count: 0, dtype: .float32))
    }
    var lowering = Lowering(plan, device: try Fixture.context().device.limits, form: form)
    let step = Step(kind: .pointwise(program), inputs: [0], outputs: [1], label: "empty")
    #expect(try lowering.lower([step]).isEmpty)
  }

  @Test func equalChainsOverOtherSizesShareOneKernel() throws {
    func text(_ shape: Shape) throws -> String {
      var program = PointwiseProgram(shape: shape)
      program.store(program.add(.unary(.relu, program.load())))
      return try PointwiseKernel(program, inputs: [.value(0)], outputs: [.value(1)])
        .vector(computeUnits: 2, label: "").generated
    }
    #expect(try text([128, 512]) == text([7]))
    #expect(try text([128, 512]) == text([2, 3, 4, 5]))
  }
}

extension HostArray {
  /// What the first element of all is that is not within the bound (relative above 1).
  func firstMismatch(_ expected: [Double], within bound: Double) -> String? {
    let found = floats
    guard found.count == expected.count else { return "\(found.count) elements" }
    for (index, value) in expected.enumerated()
    where !(abs(Double(found[index]) - value) <= bound * max(1, abs(value))) {
      return "[\(index)] is \(found[index]), not \(value)"
    }
    return nil
  }

  /// What the first wrong element is: elements in `expected` within the bound (relative above 1),
  /// all others still the runner's sentinel.
  func firstMismatch(_ expected: [Int: Double], within bound: Double) -> String? {
    for index in 0..<count {
      let found: Double
      switch self {
      case .float32(let values): found = Double(values[index])
      case .int32(let values): found = Double(values[index])
      case .uint8(let values): found = Double(values[index])
      }
      guard let value = expected[index] else {
        if self.dtype == .float32, found != -7777 { return "[\(index)] written: \(found)" }
        continue
      }
      if value.isNaN && found.isNaN || value == found { continue }
      if !(abs(value - found) <= bound * max(1, abs(value))) {
        return "[\(index)] is \(found), not \(value)"
      }
    }
    return nil
  }
}
