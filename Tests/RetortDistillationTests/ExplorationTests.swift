import RetortCore
import RetortDistillation
import RetortNN
import RetortTraining
import Testing

@Suite("Exploration")
struct ExplorationTests {
  /// The mean divergence between teacher and student after each step of a search.
  private func climb(_ exploration: Exploration) throws -> [Float] {
    let cast = try Cast()
    let inputs = Cast.inputs()
    let path = try cast.explorer(exploration).explore(inputs.example.x, codes: nil, in: inputs)
    let context = inputs.context(.evaluation)
    let divergences = path.examples.map { examples in
      cast.student.model(examples, in: context).divergenceRows(
        exploration.divergence, teacher: cast.teacher.model(examples, in: context)
      ).mean()
    }
    return try cast.run(inputs.graph, divergences).map { $0[0] }
  }

  @Test(
    "each ascent step raises the divergence",
    arguments: [Exploration.Kind.first, .pixelGradient],
    [Divergence.forwardKL, .reverseKL, .jensenShannon(beta: 0.5), .probabilityL2])
  func ascends(_ order: Exploration.Kind, _ divergence: Divergence) throws {
    var exploration = Exploration(order)
    exploration.divergence = divergence
    exploration.steps = 3
    exploration.noise = 0.2
    exploration.step = .displacement(order == .first ? 0.3 : 0.1)
    let rises = try climb(exploration)
    #expect(rises.count == 4)
    for (before, after) in zip(rises, rises.dropFirst()) { #expect(after > before) }
  }

  @Test(
    "normalised and plain steps climb too",
    arguments: [
      Exploration.StepSize.normalised(0.05), .plain(0.2),
    ])
  func rules(_ step: Exploration.StepSize) throws {
    var exploration = Exploration(.first)
    exploration.step = step
    let rises = try climb(exploration)
    #expect(rises[rises.count - 1] > rises[0])
  }

  @Test("what halves are scaled by changes no step")
  func scale() throws {
    let cast = try Cast()
    var exploration = Exploration(.first)
    exploration.step = .plain(0.2)
    let found = try [ComputeType.float32, .bf16, .fp16].map { compute in
      let inputs = Cast.inputs()
      let path = try cast.explorer(exploration, compute).explore(
        inputs.example.x, codes: nil, in: inputs)
      return try cast.run(inputs.graph, [path.explored])[0]
    }
    #expect(found[1] == found[0] && found[2] == found[0])
  }

  @Test("no noise and no steps is the reconstruction")
  func reconstruction() throws {
    let cast = try Cast()
    var zero = Exploration(.zero)
    zero.noise = 0
    func explored(_ exploration: Exploration) throws -> [Float] {
      let inputs = Cast.inputs()
      let path = try cast.explorer(exploration).explore(inputs.example.x, codes: nil, in: inputs)
      return try cast.run(inputs.graph, [path.explored])[0]
    }
    #expect(try explored(zero) == explored(Exploration(.reconstruction)))
    #expect(try explored(Exploration(.zero)) != explored(zero))
  }

  /// Steps that leave the range of pixels: what the first shows is what the second starts from.
  @Test func theAscentByPixelsGoesOnFromWhatItShows() throws {
    var cast = try Cast()
    var exploration = Exploration(.pixelGradient)
    exploration.step = .normalised(2)
    func path() throws -> [[Float]] {
      let inputs = Cast.inputs()
      let path = try cast.explorer(exploration).explore(inputs.example.x, codes: nil, in: inputs)
      return try cast.run(inputs.graph, path.examples)
    }
    let whole = try path()
    #expect(whole[1].contains { $0 == 0 || $0 == 1 })
    exploration.steps = 1
    cast.images = whole[1]
    #expect(try path()[1] == whole[2])
  }

  @Test("the box keeps codes within the training examples' range")
  func box() throws {
    let cast = try Cast()
    let codes = try cast.codes()
    let statistics = LatentStatistics(codes: codes, size: 2)
    let store = ParameterStore(Mirror(), name: "mirror", isFrozen: true)
    let mirror = try #require(store.model as? any Generator)
    var wild = Exploration(.zero)
    wild.noise = 50
    func explored() throws -> [Float] {
      let inputs = Cast.inputs()
      let explorer = Explorer(
        wild, labeler: cast.teacher, student: cast.student.model, generator: mirror,
        statistics: statistics)
      let path = explorer.explore(
        inputs.example.x, codes: inputs.graph.constant(codes, [Cast.batch, 2]), in: inputs)
      return try cast.run(inputs.graph, [path.explored])[0]
    }
    let free = try explored()
    wild.box = true
    let boxed = try explored()
    #expect(boxed != free && boxed.count == 2 * Cast.batch)
    for (index, (code, free)) in zip(boxed, free).enumerated() {
      #expect(code == min(max(free, statistics.low[index % 2]), statistics.high[index % 2]))
    }
  }

  @Test(
    "ratios set the number of examples",
    arguments: [
      (Exploration.Kind.zero, 0.5, 4), (.first, 1, 8), (.mixup, 2, 16), (.samples, 0.1, 1),
    ])
  func ratio(_ order: Exploration.Kind, _ ratio: Double, _ count: Int) throws {
    let cast = try Cast()
    var exploration = Exploration(order)
    exploration.ratio = ratio
    let inputs = Cast.inputs()
    let path = try cast.explorer(exploration).explore(inputs.example.x, codes: nil, in: inputs)
    #expect(path.explored.shape == [count, 4, 4, 1])
    #expect(try cast.run(inputs.graph, [path.explored])[0].allSatisfy { (0...1).contains($0) })
  }

  /// One blend of a batch of eight is of its first two examples, not of the first with itself.
  @Test func aSingleBlendHasTwoParents() throws {
    let cast = try Cast()
    var exploration = Exploration(.mixup)
    exploration.ratio = 0.1
    let inputs = Cast.inputs()
    let path = try cast.explorer(exploration).explore(inputs.example.x, codes: nil, in: inputs)
    let blend = try cast.run(inputs.graph, [path.explored])[0]
    let (first, second) = (cast.images[..<16], cast.images[16..<32])
    #expect(blend != Array(first))
    for (value, (a, b)) in zip(blend, zip(first, second)) {
      #expect(value >= min(a, b) - 1e-6 && value <= max(a, b) + 1e-6)
    }
  }
}
