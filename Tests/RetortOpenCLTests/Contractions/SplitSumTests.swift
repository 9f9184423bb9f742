import Testing

@testable import RetortCore
@testable import RetortOpenCL

/// Sums of split contractions that wait for one launch.
@Suite struct SplitSumTests {
  /// Products of k = 6000 that every device may split, of sizes that fill no work-group.
  private static let shapes: [(Shape, Shape)] = [
    ([12, 6000], [6000, 20]), ([1, 6000], [6000, 7]), ([33, 6000], [6000, 31]),
  ]
  private static let inputs = shapes.flatMap { [$0.0, $0.1] }.enumerated().map {
    TestNumbers.eighths($1.count, seed: UInt64($0))
  }

  /// The places of sums of parts among launches.
  private static func sums(_ kernels: [String]) -> [Int] {
    kernels.indices.filter { kernels[$0].hasPrefix("split_sum") }
  }

  private func products(_ graph: Graph) -> [Tensor] {
    Self.shapes.enumerated().map { index, shapes in
      graph.input("a\(index)", shapes.0).matmul(graph.input("b\(index)", shapes.1))
    }
  }

  /// All of `tensors` in one flat value, each behind a gap.
  private func packed(_ graph: Graph, _ tensors: [Tensor]) -> (Tensor, offsets: [Int]) {
    let offsets = tensors.indices.map { 2048 * $0 + Variable.alignment }
    let count = 2048 * tensors.count + Variable.alignment
    return (graph.pack(zip(tensors, offsets).map { ($0, $1) }, count: count), offsets)
  }

  @Test(arguments: [2, 4, 16])
  func waitingSumsHaveTheSameBits(_ splits: Int) throws {
    let single = Graph()
    let apart = try GraphRun(
      single, products(single), Self.inputs, .tiled, ["splits": splits])
    #expect(Self.sums(apart.kernels).count == 3)
    let graph = Graph()
    let (flat, offsets) = packed(graph, products(graph))
    let together = try GraphRun(graph, [flat], Self.inputs, .tiled, ["splits": splits])
    #expect(Self.sums(together.kernels) == [together.kernels.count - 1])
    for (expected, offset) in zip(apart.outputs, offsets) {
      #expect(Array(together.outputs[0][offset...].prefix(expected.count)) == expected)
    }
  }

  @Test func aSumIsMadeBeforeItsResultIsRead() throws {
    let single = Graph()
    let expected = try GraphRun(
      single, [products(single)[0].softmax()], Self.inputs, .tiled, ["splits": 4])
    let graph = Graph()
    let products = products(graph)
    let (flat, _) = packed(graph, products)
    let found = try GraphRun(
      graph, [flat, products[0].softmax()], Self.inputs, .tiled, ["splits": 4])
    let sums = try #require(found.kernels.firstIndex(of: "split_sums_flat"))
    #expect(try sums < #require(found.kernels.firstIndex { $0.hasPrefix("softmax") }))
    #expect(found.outputs[1] == expected.outputs[0])
  }

  /// A product that adds up what it makes together with a sum's result, for a later step.
  @Test func aSumIsMadeBeforeAProductsTilesReadIt() throws {
    let graph = Graph()
    let scale = graph.input("a", [1, 6000]).matmul(graph.input("b", [6000, 29]))
    let y = graph.input("c", [70, 23]).matmul(graph.input("d", [23, 29]))
    let (flat, _) = packed(graph, [scale])
    let shapes: [Shape] = [[1, 6000], [6000, 29], [70, 23], [23, 29]]
    let inputs = shapes.enumerated().map { TestNumbers.eighths($1.count, seed: UInt64($0)) }
    let outputs = [flat, y, (y * scale).sum(axes: [0])]
    let found = try GraphRun(graph, outputs, inputs, .tiled, ["splits": 4])
    let sum = try #require(Self.sums(found.kernels).first)
    #expect(try sum < #require(found.kernels.lastIndex(of: "matmul_tiled")))
    let scales = Array(found.outputs[0][Variable.alignment...].prefix(29))
    for column in 0..<29 {
      let total = (0..<70).reduce(0.0) {
        $0 + Double(found.outputs[1][$1 * 29 + column]) * Double(scales[column])
      }
      #expect(abs(Double(found.outputs[2][column]) - total) <= 1e-5 * max(1, abs(total)))
    }
  }

  @Test func aStepAloneMakesItsSum() throws {
    let graph = Graph()
    let plan = try Plan(graph, outputs: [packed(graph, products(graph)).0])
    var lowering = Lowering(plan, device: .largeGPU, form: .tiled)
    lowering.choose(["splits": 4])
    let product = try #require(plan.steps.first { lowering.tuningKey(of: $0) != nil })
    let kernels = try lowering.lower([product]).map(\.description.kernel)
    #expect(Self.sums(kernels) == [kernels.count - 1])
  }

  /// Nine products whose partial sums take 16 MiB each.
  @Test func memoryOfWaitingSumsIsLimited() throws {
    let graph = Graph()
    let count = 512 * 512
    let products = (0..<9).map {
      graph.input("a\($0)", [512, 8192]).matmul(graph.input("b\($0)", [8192, 512]))
    }
    let flat = graph.pack(
      products.enumerated().map { ($1, $0 * count) }, count: 9 * count)
    let plan = try Plan(graph, outputs: [flat])
    var lowering = Lowering(plan, device: .largeGPU, form: .tiled)
    lowering.choose(["splits": 16])
    let kernels = try lowering.lower().steps.map(\.description.kernel)
    #expect(Self.sums(kernels).count == 3, "four at a time fit")
    #expect(lowering.scratchByteCounts == [DeferredSums.byteLimit])
  }
}
