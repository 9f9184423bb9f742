import RetortCore
import RetortFormats
import RetortNN
import RetortTestSupport
import RetortTraining
import Testing

@testable import RetortDistillation

/// A search of order one for texts, beside PyTorch: `Tests/Goldens/search/texts.py` recorded it.
@Suite struct TextAscentTests {
  /// The recorded search, with its models on a device.
  private struct Search {
    static let steps = 2
    let file: Safetensors
    let recorded: RecordedText
    let session: Session
    let student: ParameterStore
    let explorer: Explorer
    let inputs: StepInputs

    init(
      _ device: RecordedText.Device, _ compute: ComputeType = .float32,
      _ change: (inout Exploration) -> Void = { _ in }
    ) throws {
      let file = try Safetensors.read("\(Goldens.folder)/search/texts.safetensors")
      let recorded = try RecordedText()
      let session = try recorded.session(device)
      func encoder(_ name: String, width: Int, isFrozen: Bool) throws -> ParameterStore {
        let store = try RecordedText.encoder(name, isFrozen: isFrozen, width: width)
        let prefix = "weights.\(name)."
        let weights = try file.names.filter { $0.hasPrefix(prefix) }.map { name in
          NamedWeights(
            name: String(name.dropFirst(prefix.count)), shape: try file.tensor(name).shape,
            values: try file.floats(name))
        }
        try store.write(store.imported(weights), to: session)
        return store
      }
      student = try encoder("student", width: 8, isFrozen: false)
      let teacher = try encoder("teacher", width: 6, isFrozen: true)
      var exploration = Exploration(.first)
      (exploration.noise, exploration.steps) = (0, Self.steps)
      exploration.step = .displacement(try #require(Double(file.metadata["displacement"] ?? "")))
      change(&exploration)
      var explorer = Explorer(
        exploration, labeler: teacher, student: student.model, generator: nil, statistics: nil,
        compute: compute)
      explorer.texts = TextSearch(exploration, generator: recorded.generator)
      let graph = Graph()
      let zeros = graph.constant([0, 1, 2, 0] as [Int32], [4])
      inputs = StepInputs(
        graph: graph, example: try recorded.texts("tokens", in: graph), labels: zeros,
        indices: zeros, randomState: graph.constant([9, 0, 4] as [Int32], [3]))
      (self.file, self.recorded, self.session, self.explorer) = (file, recorded, session, explorer)
    }

    var texts: TextSearch {
      get throws { try #require(explorer.texts) }
    }

    func path() throws -> TextPath { explorer.explore(inputs.example, by: try texts, in: inputs) }

    func run(_ outputs: [Tensor]) throws -> [[Float]] {
      let program = try session.compile(inputs.graph, outputs: outputs)
      try program.run()
      return try outputs.indices.map { try program.floats($0) }
    }

    /// Whether numbers are near recorded ones: of states, slopes and losses.
    func expectNear(_ found: [Float], _ name: String, _ bound: Float) throws {
      let expected = try file.floats(name)
      let largest = expected.map(abs).max() ?? 0
      let distance = zip(found, expected).map { abs($0 - $1) }.max() ?? .infinity
      #expect(
        found.count == expected.count && distance <= bound * max(1e-3, largest),
        "\(name): \(distance) of \(largest)")
    }
  }

  /// States and tokens of each point, and what the student learns of the last texts: the loss and its gradient.
  @Test(arguments: [RecordedText.Device.float64, .openCL]) func searchAndLessonAreTheSame(
    _ device: RecordedText.Device
  ) throws {
    let search = try Search(device)
    let path = try search.path()
    var scheme = OfflineDistillation(
      students: [search.student], teacher: search.explorer.labeler,
      losses: [NamedLoss(SoftTargetLoss(temperature: 2))], explorer: search.explorer)
    let objective = try scheme.objective(0, search.inputs)
    #expect(objective.terms.map(\.name) == ["kd", "kd-generated"])
    let loss = objective.terms[1].value
    let found = try search.run(
      path.states + path.texts.flatMap { $0.fields.map { $0.value.toFloat() } }
        + [loss, search.student.gradient(of: loss)])
    for point in 0...Search.steps {
      try search.expectNear(found[point], "states.\(point)", device.bound)
      let texts = found[Search.steps + 1 + 2 * point..<Search.steps + 3 + 2 * point]
      for (name, ids) in zip(["tokens", "shown"], texts) {
        #expect(
          try ids.map { Int32($0) } == search.file.int32s("\(name).\(point)"), "\(name).\(point)")
      }
    }
    try search.expectNear(found[found.count - 2], "loss", 4 * device.bound)
    for gradient in search.student.exported(parameters: found[found.count - 1]) {
      try search.expectNear(gradient.values, "gradients.\(gradient.name)", 4 * device.bound)
    }
  }

  @Test(arguments: [RecordedText.Device.float64]) func slopesAreTheSame(
    _ device: RecordedText.Device
  ) throws {
    let search = try Search(device)
    let path = try search.path()
    let generator = search.recorded.generator
    let slopes = try generator.using(search.inputs.context(.evaluation)) {
      try (0..<Search.steps).map { point in
        let value = search.explorer.climb(
          path.texts[point], from: path.states[point], by: try search.texts,
          shown: search.inputs.example, in: search.inputs)
        return gradients(of: value, with: [path.states[point]])[0]
      }
    }
    let rows = path.texts.map { texts in
      let (own, other) = search.explorer.opinions(of: texts, in: search.inputs)
      return search.explorer.disagreement(own, other)
    }
    let found = try search.run(slopes + rows)
    for (index, name) in ["gradient.0", "gradient.1", "divergence.0", "divergence.1"].enumerated() {
      try search.expectNear(found[index], name, 4 * device.bound)
    }
    try search.expectNear(found[4], "divergence.end", 4 * device.bound)
  }

  /// The slope is that of the scalar it is taken of, whose tokens are held: central differences along a random
  /// direction, in float64.
  @Test(arguments: [0.0, 0.7]) func theSlopeIsThatOfDifferences(_ sampling: Double) throws {
    let search = try Search(.float64) { ($0.sampling, $0.steps) = (sampling, 0) }
    let (graph, path) = (search.inputs.graph, try search.path())
    let (states, texts, width) = (path.states[0], path.texts[0], 1e-4)
    let direction = graph.random(
      .normal, states.shape, state: search.inputs.randomState, stream: 1)
    let outputs = try search.recorded.generator.using(search.inputs.context(.evaluation)) {
      () throws -> [Tensor] in
      func value(_ states: Tensor) throws -> Tensor {
        search.explorer.climb(
          texts, from: states, by: try search.texts, shown: search.inputs.example,
          in: search.inputs)
      }
      let slope = gradients(of: try value(states), with: [states])[0]
      let rise = try value(states + direction * width) - value(states - direction * width)
      return [rise / (2 * width), (slope * direction).sum()]
    }
    let found = try search.run(outputs).map { $0[0] }
    #expect(abs(found[0] - found[1]) < 1e-5 * abs(found[1]) && abs(found[1]) > 1e-3)
  }

  /// A small step along the slope raises what is expected of the vectors; half floats are scaled for it and back.
  @Test func theScaleOfHalfFloatsChangesNoStep() throws {
    func end(_ compute: ComputeType) throws -> [Float] {
      let search = try Search(.float64, compute) { $0.step = .plain(0.5) }
      return try search.run([try search.path().states[Search.steps]])[0]
    }
    let plain = try end(.float32)
    for (scaled, own) in zip(try end(.fp16), plain) { #expect(abs(scaled - own) < 1e-6) }
  }

  /// Each step's tokens are drawn by the same numbers, so that texts change by the states alone.
  @Test func tokensAreDrawnByTheSameNumbersAtEachPoint() throws {
    let search = try Search(.float64) {
      $0.sampling = 2
      $0.step = .plain(0)
    }
    let path = try search.path()
    let found = try search.run(path.texts.map { ($0["tokens"] ?? $0.x).toFloat() })
    #expect(found[1] == found[0] && found[2] == found[0])
    let likeliest = try Search(.float64) { $0.step = .plain(0) }
    let texts = try likeliest.path().texts[0]
    #expect(try likeliest.run([(texts["tokens"] ?? texts.x).toFloat()])[0] != found[0])
  }

  /// What the decoder did not choose has no share: padding, and the end of a text that filled all places.
  @Test func sharesAreOfTokensThatWereChosen() throws {
    let search = try Search(.float64)
    let path = try search.path()
    let shares = try search.recorded.generator.using(search.inputs.context(.evaluation)) {
      try search.texts.shares(of: path.texts[0], from: path.states[0], search.inputs.example)
    }
    let sums = try search.run([shares.sum(axes: [2])])[0]
    let shown = try search.file.int32s("shown.0")
    for row in 0..<4 {
      for place in 1..<10 {
        let isChosen = place < 9 && shown[row * 10 + place] == 1
        #expect(abs(sums[row * 9 + place - 1] - (isChosen ? 1 : 0)) < 1e-5)
      }
    }
  }

  /// Ids of an ONNX file's `Gather` count from the end where they are below zero; other lookups are of other ids.
  @Test func lookupsAreThoseOfTheTokens() throws {
    let graph = Graph()
    let ids = graph.constant([1, 4, 0, 2] as [Int32], [2, 2])
    let table = graph.input("table", [5, 3])
    let places = ids + 5 - ids.greaterOrEqual(graph.fill(0)) * 5
    let (own, counted) = (table.gather(ids), graph.input("other", [5, 3]).gather(places))
    let other = table.gather(graph.constant([3, 3, 3, 3] as [Int32], [2, 2]))
    let found = (own * counted + other).sum().lookups(of: ids)
    #expect(found.map(\.vectors.id) == [own.id, counted.id])
    #expect(found[0].table.id == table.id && other.sum().lookups(of: ids).isEmpty)
  }

  /// A model that makes something else of tokens has no gradient by them, and says so.
  @Test func aModelWithoutLookupsIsRefused() throws {
    final class Counting: Module {
      let output = Linear(10, 3)
      override func forward(_ ids: Tensor) -> Tensor { output(ids.toFloat()) }
    }
    let search = try Search(.float64)
    let counting = ParameterStore(Counting(), name: "student")
    let explorer = search.explorer.following(counting.model)
    _ = explorer.explore(search.inputs.example, by: try search.texts, in: search.inputs)
    #expect(
      search.inputs.graph.error?.description
        == "exploration 'first': the student looks up no vectors of tokens, by which a gradient could go "
        + "back to the generator; take 'zero', which needs none")
  }
}
