import Testing

@testable import RetortCore
@testable import RetortOpenCL

@Suite struct ReduceTests {
  /// The outputs by the definition, `[outer, inner]` each, and what an output's addends are
  /// in size altogether, on average.
  private func expected(
    _ reduction: Reduction, _ inputs: [HostArray]
  ) -> (totals: [[Double]], magnitudes: [Double]) {
    let oracle = ProgramOracle(program: reduction.prologue, inputs: inputs)
    let count = reduction.outer * reduction.inner
    var totals: [[Double]] = reduction.operations.map {
      let start: Double =
        switch $0 {
        case .sum: 0
        case .maximum: -.infinity
        case .minimum: .infinity
        }
      return [Double](repeating: start, count: count)
    }
    var magnitudes = reduction.operations.map { _ in 0.0 }
    for (number, position) in oracle.positions.enumerated() {
      let place =
        number / (reduction.reduced * reduction.inner) * reduction.inner
        + number % reduction.inner
      for (index, value) in oracle.results(at: position).enumerated() {
        if value.isFinite { magnitudes[index] += abs(value) / Double(count) }
        switch reduction.operations[index] {
        case .sum: totals[index][place] += value
        case .maximum: totals[index][place] = BinaryOp.maximum.evaluate(totals[index][place], value)
        case .minimum: totals[index][place] = BinaryOp.minimum.evaluate(totals[index][place], value)
        }
      }
    }
    return (totals, magnitudes)
  }

  private func check(
    _ samples: [(Reduction, [HostArray])], _ form: KernelForm, within: Double
  ) throws {
    let found = try StepRunner(form: form).run(
      samples.map { reduction, inputs in
        StepJob(
          kind: .reduce(reduction), inputs: inputs,
          outputs: reduction.operations.map { _ in (reduction.outer * reduction.inner, .float32) })
      })
    for (outputs, (reduction, inputs)) in zip(found, samples) {
      let (totals, magnitudes) = expected(reduction, inputs)
      for (index, output) in outputs.enumerated() {
        let places = Dictionary(
          uniqueKeysWithValues: totals[index].enumerated().map { ($0, $1) })
        // Where addends cancel, an eighth of a unit in the last place of their sizes is right.
        let message = output.firstMismatch(places, within: max(within, 1e-8 * magnitudes[index]))
        #expect(
          message == nil,
          """
          \(reduction.outer)×\(reduction.reduced)×\(reduction.inner) \(reduction.operations) of \
          \(reduction.prologue): \(message ?? "")
          """)
      }
    }
  }

  @Test(arguments: KernelForm.allCases, 0..<2)
  func arbitraryReductionsMatchTheOracle(_ form: KernelForm, _ group: Int) throws {
    let samples = (0..<20).map { number in
      let seed = UInt64(5000 + group * 20 + number)
      let sample = ArbitraryProgram(seed: seed, densestResults: true)
      var numbers = TestNumbers(seed: seed)
      let extents = sample.program.shape.dimensions
      let low = numbers.int(0..<(extents.count + 1))
      let high = numbers.int(low..<(extents.count + 1))
      let reduction = Reduction(
        prologue: sample.program,
        operations: sample.program.results.map { _ in numbers.pick(ReduceOp.allCases) },
        outer: extents[..<low].reduce(1, *), reduced: extents[low..<high].reduce(1, *),
        inner: extents[high...].reduce(1, *))
      return (reduction, sample.inputs)
    }
    try check(samples, form, within: 1e-5)
  }

  /// A reduction of one dense operand.
  private func dense(
    _ operations: [ReduceOp], _ outer: Int, _ reduced: Int, _ inner: Int
  ) -> Reduction {
    var program = PointwiseProgram(shape: [outer, reduced, inner])
    let x = program.load()
    for _ in operations { program.store(x) }
    return Reduction(
      prologue: program, operations: operations, outer: outer, reduced: reduced, inner: inner)
  }

  /// A reduction of one dense operand with its values.
  private func sample(
    _ operations: [ReduceOp], _ shape: [Int], _ values: [Float]
  ) -> (Reduction, [HostArray]) {
    (dense(operations, shape[0], shape[1], shape[2]), [.float32(values)])
  }

  @Test(arguments: KernelForm.allCases)
  func largeShapes(_ form: KernelForm) throws {
    let shapes = [
      [1, 1, 1], [1, 100_000, 1], [1, 33_001, 1], [3, 40_000, 1], [1, 20_001, 3], [1, 20_001, 16],
      [1, 5000, 70], [2, 9000, 33], [1000, 10, 1], [17, 5, 200], [1, 3, 5000], [129, 1, 1],
    ]
    var samples: [(Reduction, [HostArray])] = []
    for shape in shapes {
      var numbers = TestNumbers(seed: 3)
      let values = numbers.floats(shape.reduce(1, *))
      samples.append(sample([.sum, .maximum, .minimum], shape, values))
    }
    try check(samples, form, within: 1e-5)
  }

  @Test(arguments: KernelForm.allCases)
  func sumsOfOneSignStayAccurate(_ form: KernelForm) throws {
    var numbers = TestNumbers(seed: 4)
    var samples: [(Reduction, [HostArray])] = []
    for shape in [[1, 300_000, 1], [1, 100_000, 3]] {
      let values = numbers.floats(shape.reduce(1, *)).map { $0 * $0 + 0.1 }
      samples.append(sample([.sum], shape, values))
    }
    try check(samples, form, within: 4e-7)
  }

  @Test(arguments: KernelForm.allCases)
  func extremaKeepNaNAndInfinity(_ form: KernelForm) throws {
    var numbers = TestNumbers(seed: 5)
    var samples: [(Reduction, [HostArray])] = []
    for shape in [[1, 5000, 1], [1, 300, 20], [40, 17, 1]] {
      for special in [Float.nan, .infinity, -.infinity] {
        var values = numbers.floats(shape.reduce(1, *))
        values[values.count / 2] = special
        samples.append(sample([.maximum, .minimum, .sum], shape, values))
      }
    }
    try check(samples, form, within: 1e-5)
  }

  @Test(arguments: KernelForm.allCases)
  func nothingReducedGivesTheNeutralValue(_ form: KernelForm) throws {
    let found = try StepRunner(form: form).run(
      .reduce(dense([.sum, .maximum], 2, 0, 3)), [.float32([])],
      outputs: [(6, .float32), (6, .float32)])
    #expect(found[0] == .float32([Float](repeating: 0, count: 6)))
    #expect(found[1] == .float32([Float](repeating: -.infinity, count: 6)))
  }

  @Test(arguments: KernelForm.allCases)
  func theSameBitsEveryTime(_ form: KernelForm) throws {
    var numbers = TestNumbers(seed: 6)
    let reduction = dense([.sum], 1, 70_000, 3)
    let values = HostArray.float32(numbers.floats(210_000))
    let runner = StepRunner(form: form)
    let first = try runner.run(.reduce(reduction), [values], outputs: [(3, .float32)])
    let second = try runner.run(.reduce(reduction), [values], outputs: [(3, .float32)])
    #expect(first == second)
  }
}
