import Testing

@testable import RetortCore
@testable import RetortOpenCL

/// The analysis of steps before any of them is lowered; no device is asked.
@Suite struct LoweringAnalysisTests {
  private func analysis(_ plan: Plan, _ form: KernelForm = .tiled) -> LoweringAnalysis {
    LoweringAnalysis(plan.steps, of: plan, form: form, isRun: true)
  }

  /// Two convolutions, each with a batch norm behind it.
  private func norms() throws -> Plan {
    let graph = Graph()
    func norm(_ x: Tensor) -> Tensor {
      let (gamma, beta) = (graph.input("gamma", [x.shape[3]]), graph.input("beta", [x.shape[3]]))
      return x.batchNorm(gamma: gamma, beta: beta, epsilon: 1e-5).0
    }
    let (v, w) = (graph.input("v", [8, 3, 3, 3]), graph.input("w", [12, 3, 3, 8]))
    let x = norm(graph.input("x", [4, 9, 8, 3]).convolution(v, Convolution(padding: 1))).relu()
    return try Plan(graph, outputs: [norm(x.convolution(w, Convolution(padding: 1)))])
  }

  @Test func aConvolutionComputesTheMomentsOfTheNormBehindIt() throws {
    let plan = try norms()
    let steps = analysis(plan).steps
    let readers = plan.steps.indices.filter {
      if case .moments = plan.steps[$0].kind { true } else { false }
    }
    let convolutions = plan.steps.indices.filter {
      if case .convolution = plan.steps[$0].kind { true } else { false }
    }
    #expect(readers.count == 2 && convolutions.count == 2)
    for (convolution, reader) in zip(convolutions, readers) {
      let statistics = try #require(steps[convolution].statistics.first)
      #expect(steps[convolution].statistics.count == 1)
      #expect(statistics.kind == .moments(epsilon: 1e-5))
      #expect(statistics.reader == reader)
      #expect(statistics.results == plan.steps[reader].outputs)
      // Nothing runs between the two, but results may lie where the convolution reads.
      let isRead = plan.steps[convolution].inputs.contains { value in
        statistics.results.contains { plan.overlap($0, value) }
      }
      #expect(statistics.mayFinish == !isRead)
    }
    for index in plan.steps.indices where !convolutions.contains(index) {
      #expect(steps[index].statistics.isEmpty)
    }
    #expect(analysis(plan, .vector).steps.allSatisfy { $0.statistics.isEmpty })
  }

  /// Two products that are parts of one value; a softmax reads the first.
  private func parts() throws -> Plan {
    let graph = Graph()
    let products = (0..<2).map {
      graph.input("a\($0)", [12, 600]).matmul(graph.input("b\($0)", [600, 20]))
    }
    let flat = graph.pack([(products[0], 512), (products[1], 1024)], count: 2048)
    return try Plan(graph, outputs: [flat, products[0].softmax()])
  }

  @Test func sumsWaitUntilTheirResultIsRead() throws {
    let plan = try parts()
    let steps = analysis(plan).steps
    let deferred = steps.filter { $0.deferral != nil }
    #expect(deferred.compactMap(\.deferral?.offset) == [512, 1024])
    #expect(deferred.compactMap(\.deferral?.count) == [240, 240])
    #expect(deferred.allSatisfy { plan.values[$0.deferral?.whole ?? 0].count == 2048 })
    let reader = try #require(
      steps.first { if case .softmax = $0.step.kind { true } else { false } })
    #expect(reader.settles == [deferred[0].index])
    #expect(steps.filter { !$0.settles.isEmpty }.count == 1)
    let alone = LoweringAnalysis([deferred[0].step], of: plan, form: .tiled)
    #expect(alone.steps[0].deferral == nil)
    #expect(analysis(plan, .vector).steps.allSatisfy { $0.deferral == nil })
  }

  @Test func packedWeightsLastAsLongAsTheyAreRightAndWanted() throws {
    let frozen = Variable(name: "frozen", count: 16 * 9 * 16, isFrozen: true)
    let trained = Variable(name: "trained", count: 16 * 9 * 16)
    let other = Variable(name: "other", count: 16 * 9 * 16)
    let graph = Graph()
    func weight(_ variable: Variable) -> Tensor {
      graph.variable(variable, offset: 0, [16, 3, 3, 16])
    }
    var x = graph.input("x", [2, 9, 8, 16])
    for variable in [frozen, trained, other, trained] {
      x = x.convolution(weight(variable), Convolution(padding: 1)).relu()
    }
    let plan = try Plan(graph, outputs: [x])
    #expect(
      analysis(plan, .vector).steps.compactMap(\.weight?.lifetime) == [
        .program, .run, .step, .run,
      ])
    #expect(LoweringAnalysis(plan.steps, of: plan, form: .vector).steps[0].weight == nil)
  }

  @Test func stepsThatConcernOthersArePrinted() throws {
    let lines = analysis(try norms()).description.split(separator: "\n")
    try #require(lines.count == 4)
    #expect(lines[0].contains("may fold the moments of step"))
    #expect(lines[1].contains("may be left to step"))
    let sums = analysis(try parts()).description
    #expect(sums.contains("a split sum may wait") && sums.contains("until the end"))
  }
}
