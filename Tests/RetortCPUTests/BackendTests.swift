import RetortCPU
import Testing

@testable import RetortCore

@Suite struct BackendTests {
  @Test func buffersStartAtZeroAndKeepWhatIsWritten() throws {
    for precision in [CPUBackend.Precision.float32, .float64] {
      let backend = CPUBackend(threads: 1, precision: precision)
      let buffer = try #require(try backend.makeBuffer(count: 5, dtype: .float32) as? CPUBuffer)
      try buffer.write(.float32([1, 2]), at: 3)
      #expect(try buffer.read(at: 0, count: 5) == .float32([0, 0, 0, 1, 2]))
      try buffer.writeDoubles([0.1], at: 0)
      let kept = precision == .float32 ? Double(Float(0.1)) : 0.1
      #expect(try buffer.readDoubles(at: 0, count: 4) == [kept, 0, 0, 1])
      let integers = try backend.makeBuffer(count: 3, dtype: .int32)
      try integers.write(.int32([.min, 7, .max]), at: 0)
      #expect(try integers.read(at: 1, count: 2) == .int32([7, .max]))
      #expect(try backend.makeBuffer(count: 0, dtype: .int32).read(at: 0, count: 0) == .int32([]))
    }
  }

  @Test func buffersRefuseWhatDoesNotFit() throws {
    let backend = CPUBackend(threads: 1)
    let buffer = try backend.makeBuffer(count: 4, dtype: .float32)
    #expect(
      throws: BackendError.outOfBounds(what: "a buffer", offset: 3, count: 2, capacity: 4)
    ) { try buffer.write(.float32([1, 2]), at: 3) }
    #expect(throws: BackendError.self) { _ = try buffer.read(at: -1, count: 1) }
    #expect(throws: BackendError.self) { _ = try buffer.read(at: 0, count: .max) }
    #expect(
      throws: BackendError.wrongData(what: "a buffer", expected: "float32", found: "int32")
    ) { try buffer.write(.int32([1]), at: 0) }
    #expect(throws: BackendError.self) { _ = try backend.makeBuffer(count: -1, dtype: .int32) }
  }

  private func doubling(_ count: Int) -> StepCase {
    let program = PointwiseProgram.dense(
      [count], operands: 1, [.load(0), .constant(2), .binary(.multiply, 0, 1)], results: [2])
    return StepCase(
      .pointwise(program), [.reals(numbers(count, seed: 1))], counts: [count])
  }

  @Test func inputsAndOutputsAreChecked() throws {
    let backend = CPUBackend(threads: 1)
    let buffer = try backend.makeBuffer(count: 3, dtype: .float32)
    let executable = try backend.executable(doubling(3).plan(), variables: [buffer])
    #expect(throws: BackendError.self) { try executable.setInput(0, [1, 2] as [Float]) }
    #expect(throws: BackendError.self) { try executable.setInput(1, [1, 2, 3] as [Float]) }
    #expect(throws: BackendError.self) { try executable.setInput(0, doubles: [1]) }
    #expect(throws: BackendError.self) { _ = try executable.output(1) }
    try executable.setInput(0, [1, 2, 3] as [Float])
    try executable.run()
    #expect(try executable.output(0) == .float32([2, 4, 6]))
    #expect(executable.launchCount == 1)
  }

  @Test func foreignOrShortVariablesAreRefused() throws {
    let backend = CPUBackend(threads: 1)
    let plan = doubling(3).plan()
    let short = try backend.makeBuffer(count: 2, dtype: .float32)
    let wide = try CPUBackend(precision: .float64).makeBuffer(count: 3, dtype: .float32)
    let integers = try backend.makeBuffer(count: 3, dtype: .int32)
    for variables in [[], [short], [wide], [integers]] as [[any DeviceBuffer]] {
      #expect(throws: BackendError.self) { _ = try backend.compile(plan, variables: variables) }
    }
  }

  @Test func stepsThatReachOutsideTheirValuesAreRefused() throws {
    let backend = CPUBackend(threads: 1)
    let buffer = try backend.makeBuffer(count: 3, dtype: .float32)
    var plan = doubling(3).plan()
    plan.values[0].count = 2
    #expect(throws: BackendError.self) { _ = try backend.compile(plan, variables: [buffer]) }
    plan = doubling(3).plan()
    plan.values[1].storage = .variable(0, offset: 1)
    #expect(throws: BackendError.self) { _ = try backend.compile(plan, variables: [buffer]) }
    plan = doubling(3).plan()
    plan.steps[0].inputs = []
    #expect(throws: BackendError.self) { _ = try backend.compile(plan, variables: [buffer]) }
    plan = doubling(3).plan()
    plan.values[0].storage = .arena(offset: 512)
    plan.arenaByteCount = 512
    #expect(throws: BackendError.self) { _ = try backend.compile(plan, variables: [buffer]) }
  }

  @Test func setupRunsAtCompilationAndOnRefresh() throws {
    let backend = CPUBackend(threads: 1)
    var plan = doubling(2).plan()
    plan.variables.append(Variable(name: "frozen", count: 2, isFrozen: true))
    plan.values[0].storage = .variable(1, offset: 0)
    plan.inputs = []
    (plan.setup, plan.steps) = (plan.steps, [])
    let result = try backend.makeBuffer(count: 2, dtype: .float32)
    let frozen = try backend.makeBuffer(count: 2, dtype: .float32)
    try frozen.write(.float32([1, 2]), at: 0)
    let executable = try backend.compile(plan, variables: [result, frozen])
    #expect(try executable.output(0) == .float32([2, 4]))
    try frozen.write(.float32([5, 6]), at: 0)
    try executable.run()
    #expect(try executable.output(0) == .float32([2, 4]))
    try executable.refresh()
    #expect(try executable.output(0) == .float32([10, 12]))
  }

  @Test func everyInstructionSetUpToTheBestExists() {
    let available = InstructionSet.allCases.map(\.isAvailable)
    #expect(available[0])
    #expect(available == available.sorted { $0 && !$1 })
    #expect(CPUBackend(threads: 3).name.hasPrefix("CPU (3 threads"))
  }
}
