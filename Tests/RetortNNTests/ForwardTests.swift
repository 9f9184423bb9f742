import Glibc
import RetortCPU
import RetortCore
import RetortModels
import RetortNN
import Testing

/// Runs a graph once, in double precision.
func values(
  _ tensors: [Tensor], _ session: Session, inputs: [[Float]] = [], effects: [Effect] = []
) throws -> [[Float]] {
  let program = try session.compile(tensors[0].graph, outputs: tensors, effects: effects)
  for (index, input) in inputs.enumerated() { try program.setInput(index, input) }
  try program.run()
  return try tensors.indices.map { try program.floats($0) }
}

func oracle() -> Session { Session(CPUBackend(precision: .float64)) }

@Suite struct ForwardTests {
  /// Ids 0, 2, 0, 1: the padding's row is read, and nothing but zero reaches it.
  @Test func paddingIsReadButNotLearnt() throws {
    let store = ParameterStore(Embedding(3, 2, padding: 0), name: "m")
    let session = oracle()
    var weights = store.initialWeights(seed: 1)
    weights.parameters.replaceSubrange(0..<6, with: [1, 2, 3, 4, 5, 6])
    try store.write(weights, to: session)
    let graph = Graph()
    let ids = graph.constant([0, 2, 0, 1] as [Int32], [2, 2])
    let rows = store.model(ids, in: ForwardContext(graph, .training))
    let gradient = store.gradient(of: rows.square().sum())
    let found = try values([rows, gradient], session)
    #expect(found[0] == [1, 2, 5, 6, 1, 2, 3, 4])
    #expect(Array(found[1][..<6]) == [0, 0, 6, 8, 10, 12])
  }

  /// Another's classifier reads the means of the projected map, and no gradient reaches it.
  @Test(arguments: [0.0, 0.5]) func aReusedClassifierReadsTheProjectedMap(_ dropout: Double) throws
  {
    final class Network: Module {
      let conv = Conv2d(2, 3, kernel: 3, padding: 1)
      let dropout: Dropout
      let fc = Linear(3, 4)
      init(_ probability: Double) {
        dropout = Dropout(probability)
        fc.becomeReused(reading: 6)
      }
      override func forward(_ x: Tensor) -> Tensor {
        fc(dropout(conv(x).relu().globalAveragePool()))
      }
    }
    let session = Session(CPUBackend())
    let store = ParameterStore(Network(dropout), name: "m")
    try store.write(store.initialWeights(seed: 3), to: session)
    let named = store.exported(store.initialWeights(seed: 3))
    func weights(_ name: String) throws -> [Float] {
      try #require(named.first { $0.name == name }).values
    }
    let graph = Graph()
    let state = graph.constant([1, 0, 0] as [Int32], [3])
    let context = ForwardContext(
      graph, .training, randomState: state, tapping: ["fc.projector"])
    let x = graph.constant((0..<32).map { Float($0 % 7) - 3 }, [1, 4, 4, 2])
    let taps = try store.model.taps(Example(x), in: context)
    let map = try taps.value("fc.projector")
    #expect(map.shape == [1, 4, 4, 6])
    let found = try values(
      [taps.output, map.globalAveragePool(), store.gradient(of: taps.output.square().sum())],
      session)
    let (weight, bias) = (try weights("fc.weight"), try weights("fc.bias"))
    for row in 0..<4 {
      let sum = (0..<6).reduce(bias[row]) { $0 + weight[row * 6 + $1] * found[1][$1] }
      #expect(abs(found[0][row] - sum) < 1e-5)
    }
    #expect(
      store.exported(parameters: found[2]).map(\.name).allSatisfy {
        !["fc.weight", "fc.bias"].contains($0)
      })
    #expect(found[2].contains { $0 != 0 })
    #expect(
      store.parameterCount
        == store.all.filter { $0.role != .runningMean && $0.role != .runningVariance }.reduce(0) {
          $0 + $1.shape.count
        })
  }

  /// 10·cos, which neither the length of features nor that of a row changes; along both there is no gradient.
  @Test func cosinesHaveNoLengths() throws {
    let layer = Linear(2, 2)
    layer.becomeCosine(scale: 10)
    let store = ParameterStore(layer, name: "m")
    let session = oracle()
    #expect(store.parameterCount == 4)
    try store.write(FlatWeights(parameters: [2, 0, -3, 4], buffers: []), to: session)
    let graph = Graph()
    let x = graph.constant([3, 4, 0, -0.5], [2, 2])
    let cosines = layer(x, in: ForwardContext(graph, .training))
    let gradient = store.gradient(of: cosines.slice(axis: 1, 0..<1).sum())
    let found = try values([cosines, gradient], session)
    #expect(isClose(found[0], [6, 2.8, 0, -8]))
    #expect(isClose(Array(found[1][..<4]), [0, -1, 0, 0]))
  }

  /// (x − mean) / deviation per channel, with its derivative; the model keeps its names.
  @Test func inputsAreNormalizedPerChannel() throws {
    let module = NormalizedInput(
      Conv2d(2, 1, kernel: 1, bias: false), mean: [1, -3], deviation: [2, 0.5])
    let store = ParameterStore(module, name: "m")
    #expect(store.all.map(\.path) == ["weight"])
    let session = oracle()
    var weights = store.initialWeights(seed: 1)
    weights.parameters.replaceSubrange(0..<2, with: [10, 1])
    try store.write(weights, to: session)
    let graph = Graph()
    let x = graph.constant([5, -2, 1, -3] as [Float], [1, 1, 2, 2])
    let y = store.model(x, in: ForwardContext(graph, .training))
    let found = try values([y, gradients(of: y.sum(), with: [x])[0]], session)
    #expect(found[0] == [22, 0])
    #expect(found[1] == [5, 2, 5, 2])
  }

  @Test func batchNormFollowsItsBatches() throws {
    let norm = BatchNorm(2)
    let store = ParameterStore(norm, name: "m")
    let session = oracle()
    try store.write(store.initialWeights(seed: 1), to: session)
    let graph = Graph()
    let context = ForwardContext(graph, .training)
    let x = graph.constant([1, 10, 3, 30, 5, 20] as [Float], [3, 2])
    let y = norm(x, in: context)
    let update = try #require(store.statisticsUpdate(from: context))
    let result = try values([y], session, effects: [update])[0]
    let deviation = (8.0 / 3 + 1e-5).squareRoot()
    #expect(abs(Double(result[0]) + 2 / deviation) < 1e-6)
    let running = try store.exported(store.weights(in: session))
    #expect(isClose(running[2].values, [0.3, 2]))
    #expect(isClose(running[3].values, [0.9 + 0.1 * 4, 0.9 + 0.1 * 100]))  // 8/3·3/2, 200/3·3/2
  }

  @Test func twoCallsMoveStatisticsTwice() throws {
    let norm = BatchNorm(1, momentum: 0.5)
    let other = BatchNorm(1)
    let group = ModuleGroup([("a", norm), ("b", other)])
    let store = ParameterStore(group, name: "m")
    let session = oracle()
    try store.write(store.initialWeights(seed: 1), to: session)
    let graph = Graph()
    let context = ForwardContext(graph, .training)
    let first = norm(graph.constant([0, 2] as [Float], [2, 1]), in: context)
    let second = norm(graph.constant([4, 8] as [Float], [2, 1]), in: context)
    let update = try #require(store.statisticsUpdate(from: context))
    _ = try values([first, second], session, effects: [update])
    let running = try store.exported(store.weights(in: session))
    #expect(isClose(running[2].values, [(0 + 1) / 2 / 2 + 6 / 2]))
    #expect(isClose(running[3].values, [(1 + 2) / 2 / 2 + 8 / 2]))
    #expect(running[6].values == [0] && running[7].values == [1])
  }

  @Test func evaluationLeavesStatisticsAlone() {
    let norm = BatchNorm(1)
    let store = ParameterStore(norm, name: "m")
    let graph = Graph()
    let context = ForwardContext(graph, .evaluation)
    _ = norm(graph.constant([0, 2] as [Float], [2, 1]), in: context)
    #expect(store.statisticsUpdate(from: context) == nil)
  }

  @Test func oneValuePerChannelCannotTrainBatchNorm() throws {
    let norm = BatchNorm(3)
    let store = ParameterStore(norm, name: "student")
    let graph = Graph()
    _ = norm(graph.input("x", [1, 3]), in: ForwardContext(graph, .training))
    let fault = try #require(graph.error)
    #expect(
      "\(fault)"
        == "student: batch norm: [1, 3] has one value per channel; training needs two or more")
    #expect(store.buffers.count == 2)
  }

  @Test func dropoutDropsInTrainingOnly() throws {
    let model = Sequential(Dropout(0.25), Dropout(0.25))
    let store = ParameterStore(model, name: "m")
    let session = oracle()
    let graph = Graph()
    let x = graph.fill(1, [4000])
    let state = graph.constant([5, 0, 1] as [Int32], [3])
    let dropped = model(x, in: ForwardContext(graph, .training, randomState: state))
    let kept = model(x, in: ForwardContext(graph, .evaluation))
    let results = try values([dropped, kept], session)
    let zeros = results[0].filter { $0 == 0 }.count
    #expect(abs(Double(zeros) / 4000 - 0.4375) < 0.03)  // 1 - 0.75², so the streams differ
    #expect(results[0].allSatisfy { $0 == 0 || abs($0 - 16.0 / 9) < 1e-6 })
    #expect(results[1].allSatisfy { $0 == 1 })
    _ = store
  }

  @Test func attentionMixesTheValuesItMay() throws {
    let graph = Graph()
    let (length, width) = (3, 4)
    let x = (0..<length * width).map { Float(($0 * 7) % 5) / 3 }
    let q = graph.constant(x, [1, length, width])
    let mask = graph.constant([0, 0, -1e9] as [Float], [1, 1, 1, length])
    let mixed = attention(query: q, key: q, value: q, heads: 2, mask: mask)
    let found = try values([mixed], oracle())[0]
    var expected = Array(repeating: Float(0), count: length * width)
    for head in 0..<2 {
      for row in 0..<length {
        let scores = (0..<2).map { key -> Double in
          let products = (0..<2).map {
            Double(x[row * width + head * 2 + $0] * x[key * width + head * 2 + $0])
          }
          return (products[0] + products[1]) / 2.0.squareRoot()
        }
        let share = 1 / (1 + Glibc.exp(Double(scores[1] - scores[0])))
        for feature in 0..<2 {
          let column = head * 2 + feature
          expected[row * width + column] = Float(
            share * Double(x[column]) + (1 - share) * Double(x[width + column]))
        }
      }
    }
    #expect(isClose(found, expected))
  }

  @Test func softplusSlopesByHalfAtZero() throws {
    let graph = Graph()
    let x = graph.constant([0, 2, -2] as [Float], [3])
    let slope = gradients(of: x.softplus().sum(), with: [x])[0]
    let sigmoid = 1 / (1 + Glibc.exp(-2.0))
    #expect(isClose(try values([slope], oracle())[0], [0.5, Float(sigmoid), Float(1 - sigmoid)]))
  }

  @Test func flatteningOrdersAgreeWithPyTorch() throws {
    let graph = Graph()
    let x = graph.constant((0..<8).map { Float($0) }, [1, 2, 2, 2])
    let model = Flatten(.channelsFirst)
    _ = ParameterStore(model, name: "m")
    let y = model(x, in: ForwardContext(graph, .evaluation))
    #expect(try values([y], oracle())[0] == [0, 2, 4, 6, 1, 3, 5, 7])
  }
}

func isClose(_ a: [Float], _ b: [Float], _ tolerance: Float = 1e-6) -> Bool {
  a.count == b.count && zip(a, b).allSatisfy { abs($0 - $1) <= tolerance * max(1, abs($1)) }
}
