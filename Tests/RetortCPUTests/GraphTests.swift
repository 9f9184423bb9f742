import RetortCPU
import Testing

@testable import RetortCore

/// Whole plans made from graphs, in float64, against central differences.
@Suite struct GraphTests {
  /// The loss and its gradient by `parameters`, and the loss at moved parameters.
  private func checkGradient(
    _ count: Int, precision: CPUBackend.Precision = .float64, tolerance: Double = 1e-8,
    _ build: (Graph, Tensor) -> Tensor, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let graph = Graph()
    let parameters = graph.input("parameters", [count])
    let loss = build(graph, parameters)
    let gradient = gradients(of: loss, with: [parameters])[0]
    let plan = try Plan(graph, outputs: [loss, gradient])
    let executable = try CPUBackend(threads: 2, precision: precision).executable(
      plan, variables: [])
    let point = numbers(count, seed: 21)
    func evaluate(_ point: [Double]) throws -> Double {
      try executable.setInput(0, doubles: point)
      try executable.run()
      return try executable.outputDoubles(0)[0]
    }
    _ = try evaluate(point)
    let found = try executable.outputDoubles(1)
    let expected = try point.indices.map { index in
      func moved(_ by: Double) throws -> Double {
        var moved = point
        moved[index] += by
        return try evaluate(moved)
      }
      let h = 1e-4
      return try (8 * (moved(h) - moved(-h)) - moved(2 * h) + moved(-2 * h)) / (12 * h)
    }
    #expect(expected.contains { Swift.abs($0) > 1e-3 }, sourceLocation: sourceLocation)
    expectClose(found, expected, tolerance: tolerance, sourceLocation: sourceLocation)
  }

  @Test func aConvolutionalNetwork() throws {
    try checkGradient(3 * 9 * 2 + 3 + 3 + 3 * 9 * 4 + 4) { graph, parameters in
      var offset = 0
      func part(_ shape: Shape) -> Tensor {
        defer { offset += shape.count }
        return parameters.slice(axis: 0, offset..<offset + shape.count).reshape(to: shape)
      }
      let image = graph.constant(
        numbers(2 * 8 * 6 * 2, seed: 3).map(Float.init), [2, 8, 6, 2])
      let labels = graph.constant([1, 3] as [Int32], [2])
      var x = image.convolution(part([3, 3, 3, 2]), Convolution(padding: 1))
      let (normal, _) = x.batchNorm(gamma: part([3]), beta: part([3]), epsilon: 1e-2)
      x = normal.tanh().averagePool(Pooling(window: 2))
      x = x.convolution(part([4, 3, 3, 3]), Convolution(stride: 2, padding: 1))
      x = x.globalAveragePool() + part([4])
      return x.crossEntropyRows(labels, labelSmoothing: 0.1).mean()
    }
  }

  @Test func divergencesBetweenTwoHeads() throws {
    for divergence in LossTests.divergences {
      try checkGradient(2 * 3 * 5) { graph, parameters in
        let student = parameters.slice(axis: 0, 0..<15).reshape([3, 5])
        let teacher = parameters.slice(axis: 0, 15..<30).reshape([3, 5]) * 3
        let rows = student.divergenceRows(divergence, teacher: teacher, temperature: 2)
        return (rows * graph.constant([1, 2, -1] as [Float], [3])).sum()
      }
    }
  }

  @Test func secondOrder() throws {
    // The gradient of a squared gradient norm, through a matrix product and a smooth function.
    try checkGradient(12, tolerance: 1e-7) { graph, parameters in
      let w = parameters.reshape([3, 4])
      let x = graph.constant(numbers(6, seed: 5).map(Float.init), [2, 3])
      let inner = x.matmul(w).sigmoid().square().sum()
      return gradients(of: inner, with: [w])[0].square().sum()
    }
  }

  @Test func embeddingsAndAttention() throws {
    try checkGradient(6 * 4 + 4 * 4) { graph, parameters in
      let table = parameters.slice(axis: 0, 0..<24).reshape([6, 4])
      let w = parameters.slice(axis: 0, 24..<40).reshape([4, 4])
      let ids = graph.constant([0, 3, 5, 3, 1, 9] as [Int32], [2, 3])
      let x = table.gather(ids).layerNorm(
        gamma: graph.fill(1, [4]), beta: graph.fill(0, [4]), epsilon: 1e-1)
      let scores = x.matmul(x.matmul(w), transposeB: true).softmax()
      return scores.matmul(x).gelu().sum()
    }
  }

  @Test func anOptimizerStepInPlace() throws {
    let parameters = Variable(name: "parameters", count: 128)
    let velocity = Variable(name: "velocity", count: 128)
    let graph = Graph()
    let p = graph.variable(parameters, [128])
    let loss = (p - 3).square().sum()
    let gradient = gradients(of: loss, with: [p])[0]
    let plan = try Plan(
      graph, outputs: [loss],
      effects: [
        .optimize(
          OptimizerUpdate(.sgd(momentum: 0.5, nesterov: false, weightDecay: 0)),
          parameters: parameters, gradient: gradient, state: [velocity],
          learningRate: graph.input("rate", [1]),
          step: graph.input("step", [1], .int32))
      ])
    for precision in [CPUBackend.Precision.float32, .float64] {
      let backend = CPUBackend(threads: 2, precision: precision)
      let buffers = try plan.variables.map {
        try backend.makeBuffer(count: $0.count, dtype: $0.dtype)
      }
      let executable = try backend.executable(plan, variables: buffers)
      for step in 0..<60 {
        for (index, input) in plan.inputs.enumerated() {
          if input.dtype == .float32 {
            try executable.setInput(index, [0.125] as [Float])
          } else {
            try executable.setInput(index, [Int32(step)])
          }
        }
        try executable.run()
      }
      #expect(try executable.outputDoubles(0)[0] < 1e-8)
    }
  }

  @Test func integersAndRealsShareNoMemoryInDouble() throws {
    // Every value dies as the next one is made; the plan lets results overwrite operands.
    let graph = Graph()
    let count = 5000
    let ids = graph.constant((0..<Int32(count)).map { $0 % 97 }, [count])
    let copy = (ids + ids).stopGradient()
    let table = graph.constant((0..<200).map { Float($0) * 0.5 }, [200])
    let taken = table.gather(copy)
    let result = taken + copy.toFloat()
    let plan = try Plan(graph, outputs: [result])
    let executable = try CPUBackend(threads: 2, precision: .float64).executable(plan, variables: [])
    try executable.run()
    let expected = (0..<count).map { Double(2 * ($0 % 97)) * 1.5 }
    #expect(try executable.outputDoubles(0) == expected)
  }
}
