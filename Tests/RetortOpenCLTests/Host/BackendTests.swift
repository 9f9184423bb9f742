import RetortCore
import Testing

@testable import RetortOpenCL

@Suite struct BackendTests {
  private func session(limit: Int? = nil) throws -> Session {
    Session(try OpenCLBackend(try Fixture.context(), bufferLimit: limit))
  }

  /// `p ← p - rate · g`, by inputs alone: what every run saw shows in `p`.
  private func descent(_ session: Session, _ p: Variable) throws -> any Executable {
    let graph = Graph()
    let gradient = graph.input("gradient", [p.count])
    let rate = graph.input("rate", [1])
    let step = graph.input("step", [1], .int32)
    let rule = OptimizerRule.sgd(momentum: 0, nesterov: false, weightDecay: 0)
    return try session.compile(
      graph, outputs: [gradient.softmax()],
      effects: [
        .optimize(
          OptimizerUpdate(rule), parameters: p, gradient: gradient, state: [],
          learningRate: rate, step: step)
      ])
  }

  @Test func everyRunReadsTheInputsSetBeforeIt() throws {
    let session = try session()
    let p = Variable(name: "p", count: 1000)
    let program = try descent(session, p)
    try program.setInput(1, [1] as [Float])
    try program.setInput(2, [0] as [Int32])
    // No wait between runs, and more runs than there are slots of host memory.
    for run in 0..<24 {
      try program.setInput(0, [Float](repeating: -Float(1 << run) / 1024, count: 1000))
      if run == 12 { try program.setInput(1, [2] as [Float]) }
      try program.run()
    }
    let low = Float((1 << 12) - 1) / 1024
    let high = Float((1 << 24) - (1 << 12)) / 1024 * 2
    // A sum of powers of two below 2^25: exact in float32 while it is one run of bits.
    let expected = (0..<24).reduce(Float(0)) { $0 + Float(1 << $1) / 1024 * ($1 < 12 ? 1 : 2) }
    #expect(expected == low + high)
    #expect(try session.read(p) == [Float](repeating: expected, count: 1000))
  }

  @Test func anInputKeepsItsValueUntilItIsSetAgain() throws {
    let session = try session()
    let p = Variable(name: "p", count: 3)
    let program = try descent(session, p)
    try program.setInput(0, [1, 2, 3] as [Float])
    try program.setInput(1, [-1] as [Float])
    for _ in 0..<5 { try program.run() }
    #expect(try session.read(p) == [5, 10, 15])
    try program.setInput(1, [-10] as [Float])
    try program.run()
    #expect(try session.read(p) == [15, 30, 45])
  }

  @Test func outputsAreOfTheLastRun() throws {
    let session = try session()
    let graph = Graph()
    let x = graph.input("x", [2, 3])
    let program = try session.compile(graph, outputs: [x.softmax(), x.logSoftmax(), x])
    for value in [Float(0), 50, -3] {
      try program.setInput(0, [value, value, value, value, value, -.infinity])
      try program.run()
      let (third, half) = (Float(1) / 3, Float(0.5))
      #expect(isClose(try program.floats(0), [third, third, third, half, half, 0]))
      let logarithms = try program.floats(1)
      #expect(
        isClose(
          Array(logarithms[..<5]), [-1.0986123, -1.0986123, -1.0986123, -0.6931472, -0.6931472]))
      #expect(logarithms[5] == -.infinity)
      #expect(try program.floats(2) == [value, value, value, value, value, -.infinity])
      #expect(try program.floats(0) == program.floats(0))
    }
  }

  private func isClose(_ a: [Float], _ b: [Float]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= 2e-6 }
  }

  @Test func whatIsFrozenIsComputedOnceAndAgainOnRefresh() throws {
    let session = try session()
    let table = Variable(name: "table", count: 2, isFrozen: true)
    let graph = Graph()
    let x = graph.input("x", [2])
    let program = try session.compile(
      graph, outputs: [graph.variable(table, [2]).softmax(), x.softmax()])
    try session.write([0, 0], to: table)
    try program.setInput(0, [0, 0] as [Float])
    try program.run()
    #expect(try program.floats(0) == [0.5, 0.5])
    try session.write([0, 200], to: table)
    try program.run()
    #expect(try program.floats(0) == [0.5, 0.5])
    try program.refresh()
    try program.run()
    #expect(try program.floats(0) == [0, 1])
  }

  @Test func aPlanSpreadOverSmallBuffersGivesTheSame() throws {
    let context = try OpenCLContext(try OpenCLDevice.select())
    func run(limit: Int?) throws -> (values: [[Float]], buffers: Int) {
      let session = Session(try OpenCLBackend(context, bufferLimit: limit))
      let graph = Graph()
      let sizes = [3, 200, 1000, 77, 640, 1, 900]
      let inputs = sizes.map { graph.input("x\($0)", [1, $0]) }
      let outputs = inputs.map { $0.softmax().logSoftmax().softmax() }
      let program = try session.compile(graph, outputs: outputs)
      for (index, size) in sizes.enumerated() {
        try program.setInput(index, (0..<size).map { Float(($0 * 7 + index) % 11) })
      }
      try program.run()
      return (try outputs.indices.map { try program.floats($0) }, context.liveBufferCount)
    }
    let whole = try run(limit: nil)
    for limit in [5120, 6144, 10240] {
      let parts = try run(limit: limit)
      #expect(parts.values == whole.values, "buffers of at most \(limit) bytes")
    }
    #expect(context.liveBufferCount == 0)
  }

  @Test func aValueLargerThanAnyBufferIsRefused() throws {
    let backend = try OpenCLBackend(try Fixture.context())
    let count = backend.device.maxAllocationSize / 4
    let error = #expect(throws: OpenCLError.self) {
      try backend.makeBuffer(count: count, dtype: .float32)
    }
    #expect(error?.description.contains("Use a smaller batch.") == true)
  }

  @Test func wrongUseIsNamed() throws {
    let session = try session()
    let p = Variable(name: "p", count: 4)
    let program = try descent(session, p)
    #expect(
      throws: BackendError.wrongData(
        what: "input 'gradient'", expected: "16 bytes", found: "12")
    ) { try program.setInput(0, [1, 2, 3] as [Float]) }
    #expect(throws: BackendError.self) { try program.setInput(3, [1] as [Float]) }
    #expect(throws: BackendError.self) { try program.output(1) }
    let buffer = try session.buffer(p)
    #expect(
      throws: BackendError.outOfBounds(what: "a write", offset: 2, count: 3, capacity: 4)
    ) { try buffer.write(.float32([1, 2, 3]), at: 2) }
    #expect(
      throws: BackendError.outOfBounds(what: "a read", offset: 1, count: 4, capacity: 4)
    ) { try buffer.read(at: 1, count: 4) }
    #expect(throws: BackendError.self) { try buffer.read(at: 1, count: .max) }
    #expect(throws: BackendError.self) { try buffer.write(.int32([1]), at: 0) }
    try buffer.write(.float32([8, 9]), at: 1)
    #expect(try buffer.read(at: 0, count: 4) == .float32([0, 8, 9, 0]))
    #expect(try buffer.read(at: 4, count: 0) == .float32([]))
    let other = try OpenCLBackend(try OpenCLContext(try OpenCLDevice.select()))
    let plan = try Plan(
      { () -> Graph in
        let graph = Graph()
        _ = graph.variable(p, [4])
        return graph
      }(), outputs: [])
    #expect(throws: BackendError.self) { try other.compile(plan, variables: [buffer]) }
  }

  @Test func aProfileNamesEveryLaunch() throws {
    let session = try session()
    let program = try #require(
      try descent(session, Variable(name: "p", count: 8)) as? OpenCLExecutable)
    let times = try program.profile()
    #expect(times.count == program.launchCount && program.launches.count == times.count)
    #expect(program.launches.allSatisfy { !$0.label.isEmpty && !$0.task.isEmpty })
    #expect(program.launches.contains { $0.work.operations > 0 && $0.work.bytes > 0 })
  }
}
