import RetortCPU
import RetortCore
import Testing

@testable import RetortOpenCL

/// Training steps of a small convolutional network, on the CPU backend and on OpenCL.
@Suite struct WholeStepTests {
  private struct Trace {
    var losses: [Float] = []
    var logits: [Float] = []
    var parameters: [Float] = []
  }

  private static let shapes: [Shape] = [[6, 5, 5, 1], [6], [16, 3, 3, 6], [16], [64, 10], [10]]

  private func train(_ backend: any Backend, steps: Int) throws -> Trace {
    var offsets: [Int] = []
    var count = 0
    for shape in Self.shapes {
      offsets.append(count)
      count += (shape.count + Variable.alignment - 1) / Variable.alignment * Variable.alignment
    }
    let flat = Variable(name: "flat", count: count)
    let momentum = Variable(name: "momentum", count: count)
    let graph = Graph()
    let images = graph.input("images", [7, 13, 13, 1])
    let labels = graph.input("labels", [7], .int32)
    let rate = graph.input("rate", [1])
    let step = graph.input("step", [1], .int32)
    let w = zip(Self.shapes, offsets).map { graph.variable(flat, offset: $1, $0) }
    var x = (images.convolution(w[0]) + w[1]).relu().maxPool(Pooling(window: 2))
    x = (x.convolution(w[2], Convolution(stride: 2, padding: 1)) + w[3]).relu()
    let logits = x.flatten().matmul(w[4]) + w[5]
    let loss = logits.crossEntropyRows(labels).mean()
    let gradient = graph.pack(
      zip(gradients(of: loss, with: w), offsets).map { ($0, $1) }, count: count)
    let session = Session(backend)
    try session.write((0..<count).map { Float(($0 * 7919 + 11) % 1013) / 3039 - 0.1666 }, to: flat)
    let program = try session.compile(
      graph, outputs: [loss, logits],
      effects: [
        .optimize(
          OptimizerUpdate(.sgd(momentum: 0.9, nesterov: true, weightDecay: 0.01)),
          parameters: flat, gradient: gradient, state: [momentum], learningRate: rate, step: step)
      ])
    var trace = Trace()
    for run in 0..<steps {
      try program.setInput(0, (0..<7 * 169).map { Float(($0 * 31 + run * 17) % 97) / 97 })
      try program.setInput(1, (0..<7).map { Int32(($0 + run) % 10) })
      try program.setInput(2, [0.05 / Float(run + 1)])
      try program.setInput(3, [Int32(run)])
      try program.run()
      trace.losses += try program.floats(0)
    }
    trace.logits = try program.floats(1)
    trace.parameters = try session.read(flat)
    return trace
  }

  private func distance(_ a: [Float], _ b: [Float]) -> Float {
    guard a.count == b.count else { return .infinity }
    return zip(a, b).reduce(0) { worst, pair in
      let error = abs(pair.0 - pair.1)
      return error.isFinite ? max(worst, error) : .infinity
    }
  }

  @Test(arguments: KernelForm.allCases, [nil, 32 << 10])
  func openCLAgreesWithTheCPU(_ form: KernelForm, _ limit: Int?) throws {
    let expected = try train(CPUBackend(), steps: 5)
    let found = try train(
      OpenCLBackend(try Fixture.context(form), form: form, bufferLimit: limit), steps: 5)
    #expect((expected.losses.max() ?? 0) > 1 && expected.losses.allSatisfy { $0.isFinite })
    #expect(distance(expected.losses, found.losses) < 1e-5)
    #expect(distance(expected.logits, found.logits) < 1e-4)
    #expect(distance(expected.parameters, found.parameters) < 1e-5)
  }

  @Test func twoRunsGiveTheSameBits() throws {
    let backend = try OpenCLBackend(try Fixture.context())
    let first = try train(backend, steps: 3)
    let second = try train(backend, steps: 3)
    #expect(first.losses == second.losses && first.parameters == second.parameters)
  }

  @Test func storesPastTheCachesChangeNoBit() throws {
    let backend = try OpenCLBackend(try Fixture.context(.vector), form: .vector)
    let expected = try train(backend, steps: 3)
    backend.limits.withLock { $0.streamedBytes = 0 }
    let found = try train(backend, steps: 3)
    #expect(expected.losses == found.losses && expected.parameters == found.parameters)
  }
}
