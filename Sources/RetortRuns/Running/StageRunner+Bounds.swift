import RetortCore
import RetortData
import RetortDistillation
import RetortNN
import RetortTraining

extension StageRunner {
  /// The fewest examples that are compared.
  private static let leastExamples = 4
  /// The most examples that are searched from at a time.
  private static let largestBatch = 256
  /// The length of a small step of codes, in standard deviations of each coordinate.
  private static let smallStep = 0.05

  /// Estimates how far a student's search can be trusted, with all models as they stand.
  ///
  /// The search starts from random training examples; what it finds is compared with as many random test examples,
  /// which neither the student nor, as a rule, the generator has seen.
  ///
  /// - Parameter wanted: How many of each; fewer where there are not so many.
  /// - Returns: The figures; nil where the stage explores nothing.
  /// - Throws: `RunError.tooFewToCompare`, `RunError.searchNotFinite`, `RunError.outputsNotFinite`, or the errors of
  ///   the dataset, the graph and the device.
  func bounds(_ pupil: Pupil, examples wanted: Int) throws -> BoundsReport? {
    guard var exploration = stage.explore, let teacher = labeler,
      pupil.trainee.role == .student
    else { return nil }
    let most = min(wanted, data.training.count, data.test.count)
    guard most >= Self.leastExamples else {
      throw RunError.tooFewToCompare(stage: stage.name, found: most, least: Self.leastExamples)
    }
    exploration.ratio = 1
    // What is searched from are no examples of the training, in whose order chains lie.
    exploration.chains = false
    let rounds = (most + Self.largestBatch - 1) / Self.largestBatch
    let (batch, seed) = (most / rounds, parent.recipe.seed)
    let search = try BoundsSearch(
      explorer: explorer(exploration, teacher, pupil.model.store),
      teachers: teachers.map(\.model.store), step: Self.smallStep)
    let parents = drawn(batch * rounds, of: data.training, step: 0)
    let found = try outputs(of: search, for: parents, batch: batch)
    let heldOut = try named("test") {
      try Inference(session, name: "student", pipeline: data.examples.pipeline()) {
        graph, example in
        search.opinions(of: example.x, in: ForwardContext(graph, .evaluation))
      }.outputs(drawn(batch * rounds, of: data.test, step: 1))
    }
    let measured = search.measurement(found, heldOut: heldOut, count: parents.count, seed: seed)
    return BoundsReport(
      stage: stage.name, examples: parents.count, pixels: measured.pixels.width,
      features: measured.training.features.width, codes: measured.encoded?.codes.width ?? 0,
      figures: measured.figures)
  }

  /// Random examples, each at most once.
  func drawn(_ count: Int, of examples: any Dataset, step: UInt32) -> any Dataset {
    let keys = Philox4x32(seed: parent.recipe.seed, stream: 67, step: step).uniforms(examples.count)
    let order = examples.labels.indices.sorted { (keys[$0], $0) < (keys[$1], $1) }
    return examples.subset(Array(order.prefix(count)))
  }

  /// What a search's graph gives for examples, whose number `batch` divides, by name.
  private func outputs(
    of search: BoundsSearch, for examples: any Dataset, batch: Int
  ) throws -> [String: [Float]] {
    let graph = Graph()
    let field = examples.fields[0]
    let samples = field.input(in: graph, batch: batch)
    let inputs = StepInputs(
      graph: graph, example: data.examples.pipeline().example([samples], drawn: []),
      labels: graph.input("labels", [batch], .int32),
      indices: graph.input("indices", [batch], .int32),
      randomState: graph.input("random state", [3], .int32))
    let outputs = search.outputs(in: inputs)
    let program = try session.compile(graph, outputs: outputs.map(\.value))
    var found: [String: [Float]] = [:]
    for (round, first) in stride(from: 0, to: examples.count, by: batch).enumerated() {
      var bytes = [UInt8](repeating: 0, count: batch * field.byteCount)
      try bytes.withUnsafeMutableBytes { bytes in
        try examples.write(first..<first + batch, field: 0, into: bytes)
        try program.setInput(0, UnsafeRawBufferPointer(bytes))
      }
      try program.setInput(1, Array(examples.labels[first..<first + batch]))
      try program.setInput(2, (0..<batch).map { Int32($0) })
      try program.setInput(
        3, Philox4x32.state(seed: parent.recipe.seed, step: UInt32(round)))
      try program.run()
      for (index, output) in outputs.enumerated() {
        let values = try program.floats(index)
        guard values.allSatisfy(\.isFinite) else {
          throw RunError.searchNotFinite(stage: stage.name, point: output.name)
        }
        found[output.name, default: []] += values
      }
    }
    return found
  }
}
