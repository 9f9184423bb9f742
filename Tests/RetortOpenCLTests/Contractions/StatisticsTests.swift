import RetortCPU
import RetortVerification
import Testing

@testable import RetortCore
@testable import RetortOpenCL

/// Sums and moments of a contraction's columns that its tiles find out.
@Suite struct StatisticsTests {
  typealias Case = GraphCase

  /// Runs a graph whose statistics a launch combines and, where the device can, one whose last
  /// work-groups do, after a run of other numbers: bits are the same.
  ///
  /// Of matrix units one kind does, for they take long to compile.
  private func run(
    _ graph: Graph, _ outputs: [Tensor], _ inputs: [[Float]], _ form: ContractionForm,
    _ choice: [String: Int] = [:]
  ) throws -> GraphRun {
    let apart = try GraphRun(graph, outputs, inputs, form, choice)
    guard [.tiled, .mmaTF32].contains(form),
      let fence = Capabilities.of(try Fixture.context()).deviceFence
    else { return apart }
    let together = try GraphRun(
      graph, outputs, inputs, form, choice, fence: fence, after: inputs.map { $0.reversed() })
    #expect(together.kernels == apart.kernels.filter { $0 != "combine_statistics" })
    for (index, (a, b)) in zip(apart.outputs, together.outputs).enumerated() {
      let isSame = zip(a, b).allSatisfy { $0.bitPattern == $1.bitPattern }
      #expect(isSame, "output \(index) differs where the last work-groups combine")
    }
    return apart
  }

  private func exact(
    _ graph: Graph, _ outputs: [Tensor], _ inputs: [[Float]]
  ) throws -> [[Double]] {
    let plan = try Plan(graph, outputs: outputs)
    let executable = try CPUBackend(precision: .float64).executable(plan, variables: [])
    for (index, values) in inputs.enumerated() { try executable.setInput(index, values) }
    try executable.run()
    return try outputs.indices.map { try executable.outputDoubles($0) }
  }

  /// Every case in float32, and in one type of matrix units by turns: they take long to compile.
  private static func forms(_ cases: [Case]) -> [(Case, ContractionForm)] {
    cases.enumerated().flatMap { index, sample in
      [.tiled, ContractionForm.emulated(turn: index)].map { (sample, $0) }
    }
  }

  // MARK: Moments

  /// Compares moments of a case's result with those by definition of the result as it was found.
  private func checkMoments(
    _ sample: Case, _ inputs: [[Float]], _ form: ContractionForm, _ choice: [String: Int] = [:],
    variance: Double = 4e-6
  ) throws -> (result: [Float], moments: [Float]) {
    let graph = Graph()
    let y = sample.outputs(in: graph)[0]
    let found = try run(
      graph, [y, y.moments(.channels, epsilon: 1e-5).packed], inputs, form, choice)
    #expect(found.kernels.count == 2 && found.kernels[1] == "combine_statistics")
    let fault = difference(
      found.outputs[0].map { Double($0) }, try exact(graph, [y], inputs)[0], tolerance: 1e-6)
    #expect(fault == nil, "\(sample), result: \(fault ?? "")")
    let (rows, columns) = (y.shape.rowCount, y.shape.columnCount)
    try MomentsTests().check(
      found.outputs[1], of: found.outputs[0], .channels, rows, columns, "\(sample) \(form)",
      variance: variance)
    return (found.outputs[0], found.outputs[1])
  }

  @Test(arguments: forms(Case.statistics))
  func momentsAreThoseOfTheResult(_ sample: Case, _ form: ContractionForm) throws {
    let inputs = sample.shapes.enumerated().map { TestNumbers.eighths($1.count, seed: UInt64($0)) }
    _ = try checkMoments(sample, inputs, form)
  }

  @Test(arguments: TileShape.all(on: nil) + TileShape.tried)
  func everyTileTellsTheSame(_ tile: TileShape) throws {
    for sample in [Case.statistics[2], Case.statistics[5]] {
      let inputs = sample.shapes.enumerated().map {
        TestNumbers.eighths($1.count, seed: UInt64($0))
      }
      _ = try checkMoments(sample, inputs, .tiled, tile.parameters)
    }
  }

  // Runs of tiles, more of them than are joined side by side, the last one not full.
  @Test func manyTilesAreJoined() throws {
    let tile = ["tileM": 16, "tileN": 64, "tileK": 16]
    let sample = Case.product([9050, 8], [8, 70])
    let inputs = sample.shapes.enumerated().map { TestNumbers.eighths($1.count, seed: UInt64($0)) }
    _ = try checkMoments(sample, inputs, .tiled, tile)
    let sums = Case("sums", [9050, 8], [8, 70], [9050, 70], [70]) {
      Case.sums($0[0].matmul($0[1]), $0[2], $0[3])
    }
    try check(sums, .tiled, tile)
  }

  // A column of ones meets a row of 10,000.
  @Test(arguments: [ContractionForm.tiled, .mmaTF32, .mfmaTF32, .wmmaBF16, .mmaFP16])
  func aLargeMeanCostsNoDigits(_ form: ContractionForm) throws {
    let sample = Case.product([5000, 9], [9, 5])
    var x = TestNumbers.eighths(5000 * 9, seed: 1), w = TestNumbers.eighths(9 * 5, seed: 2)
    for row in 0..<5000 { x[row * 9] = 1 }
    for column in 0..<5 { w[column] = 9984 }
    let (result, moments) = try checkMoments(sample, [x, w], form, variance: 1e-5)
    #expect(result.allSatisfy { $0 > 9900 } && moments[5..<10].allSatisfy { $0 > 0.5 && $0 < 4 })
  }

  @Test func nanStaysInItsColumn() throws {
    let sample = Case.product([200, 9], [9, 40])
    var w = TestNumbers.eighths(9 * 40, seed: 2)
    w[3 * 40 + 5] = .nan
    let (_, moments) = try checkMoments(sample, [TestNumbers.eighths(200 * 9, seed: 1), w], .tiled)
    for index in moments.indices { #expect(moments[index].isNaN == (index % 40 == 5)) }
  }

  @Test func partialSumsAreNotAsked() throws {
    let graph = Graph()
    let (a, b) = (graph.input("a", [12, 6000]), graph.input("b", [6000, 20]))
    let y = a.matmul(b)
    let outputs = [y, y.moments(.channels, epsilon: 1e-5).packed]
    let inputs = [TestNumbers.eighths(12 * 6000, seed: 1), TestNumbers.eighths(6000 * 20, seed: 2)]
    let found = try run(graph, outputs, inputs, .tiled, ["splits": 4])
    #expect(found.kernels == ["matmul_tiled", "split_sum_flat", "moments_columns_tiled"])
    try MomentsTests().check(
      found.outputs[1], of: found.outputs[0], .channels, 12, 20, "split", mean: 1e-5)
  }

  // MARK: Sums

  @discardableResult
  private func check(
    _ sample: Case, _ form: ContractionForm, _ choice: [String: Int] = [:]
  ) throws -> [String] {
    let graph = Graph()
    let inputs = sample.shapes.enumerated().map { TestNumbers.eighths($1.count, seed: UInt64($0)) }
    let outputs = sample.outputs(in: graph)
    let found = try run(graph, outputs, inputs, form, choice)
    for (index, expected) in try exact(graph, outputs, inputs).enumerated() {
      let fault = difference(
        found.outputs[index].map { Double($0) }, expected, tolerance: 2e-6)
      #expect(fault == nil, "\(sample) \(form) \(choice), output \(index): \(fault ?? "")")
    }
    return found.kernels
  }

  @Test(arguments: forms(Case.gradientSums))
  func sumsAreThoseOfTheResult(_ sample: Case, _ form: ContractionForm) throws {
    let kernels = try check(sample, form)
    #expect(kernels.count == 2 && kernels[1] == "combine_statistics")
  }

  @Test(arguments: TileShape.all(on: nil) + TileShape.tried)
  func everyTileAddsTheSame(_ tile: TileShape) throws {
    for sample in [Case.gradientSums[2], Case.gradientSums[7]] {
      try check(sample, .tiled, tile.parameters)
    }
  }

  /// Sums that read what is not there yet when the contraction runs, or its result elsewhere.
  static let refusals = [
    // The second product reads the first one, so that only it can add.
    Case("of two products", [70, 23], [23, 23]) {
      let first = $0[0].matmul($0[1])
      let second = first.matmul($0[1])
      return [first, second, (first * second).sum(axes: [0])]
    },
    Case("of a later step's result", [70, 23], [23, 29]) {
      let y = $0[0].matmul($0[1])
      return [y, (y * y.softmax()).sum(axes: [0])]
    },
    Case("of two places", [70, 23], [23, 32]) {
      let y = $0[0].matmul($0[1])
      return [y, (y * y.slice(axis: 0, 0..<1).broadcast(to: [70, 32])).sum(axes: [0])]
    },
    Case("over columns", [70, 23], [23, 29]) {
      let y = $0[0].matmul($0[1])
      return [y, y.sum(axes: [1]), y.maximum(axes: [0]), y.sum()]
    },
    Case("turned", [29, 23], [23, 29]) {
      let y = $0[0].matmul($0[1])
      return [y, (y * y.transpose([1, 0])).sum(axes: [0])]
    },
  ]

  @Test(arguments: refusals)
  func whatIsNotThereIsNotAsked(_ sample: Case) throws { try check(sample, .tiled) }

  /// A contraction (blocks 0, 1), what reads it (1, 2), and a step beside it (3, 4).
  @Test func resultsAreNotWrittenWhereOthersAreReadOrWritten() {
    func mayFinish(resultAt offset: Int) -> Bool {
      var plan = Plan()
      for block in [0, 1, offset, 3, 4] {
        plan.values.append(
          .init(storage: .arena(offset: 1024 * block), count: 256, dtype: .float32))
      }
      let copy = StepKind.pointwise(.copy(of: [256], .float32))
      let pairs = [(0, 1), (3, 4), (1, 2)]
      let steps = pairs.map { Step(kind: copy, inputs: [$0.0], outputs: [$0.1], label: "") }
      return StatisticsReaders(steps, of: plan).mayFinish(2, during: 0)
    }
    #expect((0..<6).map(mayFinish) == [false, false, true, false, false, true])
  }

  // MARK: Whole steps

  @Test(arguments: [ContractionForm.tiled, .vector])
  func aNetworksGradientsAgreeWithTheCPU(_ form: ContractionForm) throws {
    try check(Case.network, form)
  }

  @Test func statisticsReadNoTensorAgain() throws {
    let graph = Graph()
    let outputs = Case.network.outputs(in: graph)
    let plan = try Plan(graph, outputs: outputs)
    func kernels(_ fence: DeviceFence?) throws -> [String] {
      var lowering = Lowering(plan, device: .largeGPU, form: .tiled, fence: fence)
      return try lowering.lower().steps.map(\.description.kernel)
    }
    let apart = try kernels(nil)
    #expect(apart.contains("combine_statistics") && !apart.contains("moments_columns_tiled"))
    // What the last work-groups combine has no launch at all.
    #expect(try kernels(.ptx) == apart.filter { $0 != "combine_statistics" })
  }
}
