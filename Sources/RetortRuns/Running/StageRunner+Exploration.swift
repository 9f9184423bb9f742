import RetortCore
import RetortData
import RetortDistillation
import RetortFormats
import RetortNN
import RetortTraining

extension StageRunner {
  /// Searches from the stage's first training examples for a student, with all models as they stand.
  ///
  /// Nil where the stage explores nothing, or texts.
  ///
  /// - Parameters:
  ///   - parents: How many examples the figures are taken over.
  ///   - shown: How many of them are drawn.
  func explore(_ pupil: Pupil, parents: Int, shown: Int) throws -> ExplorationReport? {
    guard var exploration = stage.explore, let teacher = labeler,
      pupil.trainee.role == .student, !data.examples.areTexts
    else { return nil }
    let student = pupil.model
    // An explored example below each original, whatever their share in training.
    exploration.ratio = 1
    let explorer = try self.explorer(exploration, teacher, student.store)
    let count = min(parents, data.training.count)
    let sources = try pictures(count)
    let graph = Graph()
    let shape = sources.fields[0].shape
    let samples = sources.fields[0].input(in: graph, batch: count)
    let inputs = StepInputs(
      graph: graph, example: data.examples.pipeline().example([samples], drawn: []),
      labels: graph.input("labels", [count], .int32),
      indices: graph.input("indices", [count], .int32),
      randomState: graph.input("random state", [3], .int32))
    let rows = rows(explorer, inputs)
    let context = inputs.context(.evaluation)
    var outputs: [Tensor] = []
    for (_, examples) in rows {
      let (t, s) = (
        teacher.logits(of: Example(examples), indices: nil, in: graph),
        student.store.model(examples, in: context)
      )
      outputs += [
        examples, t.softmax(), s.softmax(), explorer.disagreement(s, t),
      ]
    }
    let executable = try session.compile(graph, outputs: outputs)
    try executable.setInput(0, .uint8(sources.images))
    try executable.setInput(1, sources.labels)
    try executable.setInput(2, (0..<count).map { Int32($0) })
    let seed = parent.recipe.seed
    try executable.setInput(
      3, [Int32(truncatingIfNeeded: seed), Int32(truncatingIfNeeded: seed >> 32), 0])
    try executable.run()
    var found: [ExplorationGrid.Row] = []
    for (index, row) in rows.enumerated() {
      found.append(
        .init(
          title: row.title, pixels: try executable.floats(4 * index),
          teacher: try executable.floats(4 * index + 1),
          student: try executable.floats(4 * index + 2),
          divergence: try executable.floats(4 * index + 3)))
    }
    try checkFinite(found)
    let searched = found.dropFirst(rows.first { $0.title == "reconstruction" } == nil ? 1 : 2)
    let grid = ExplorationGrid(
      rows: found, shown: min(shown, count), image: shape, classNames: data.training.classNames)
    return ExplorationReport(
      stage: stage.name, originals: found[0].figures(classes),
      steps: searched.map { $0.figures(classes) },
      samples: try grid.samples(), grid: grid.drawn())
  }

  /// Makes sure that nothing is drawn of numbers that are none.
  private func checkFinite(_ rows: [ExplorationGrid.Row]) throws(RunError) {
    for (index, row) in rows.enumerated() {
      let parts = [
        (row.teacher, "teacher"), (row.student, "student"), (row.pixels, "generator"),
        (row.divergence, "student"),
      ]
      guard let bad = parts.first(where: { !$0.0.allSatisfy(\.isFinite) }) else { continue }
      // Originals and their reconstructions depend on the models alone.
      guard index == 0 || row.title == "reconstruction" else {
        throw .searchNotFinite(stage: stage.name, point: row.title)
      }
      throw .outputsNotFinite(stage: stage.name, model: bad.1, split: "training")
    }
  }

  /// What is drawn, from the originals to the end of the search.
  private func rows(_ explorer: Explorer, _ inputs: StepInputs) -> [(
    title: String, examples: Tensor
  )] {
    var rows: [(title: String, examples: Tensor)] = [("original", inputs.example.x)]
    if let generator = explorer.generator as? any Generator {
      let context = inputs.context(.evaluation)
      let decoded = generator.using(context) {
        generator.decode(generator.encode(inputs.example.x).mean)
      }
      rows.append(("reconstruction", decoded))
    }
    let path = explorer.explore(inputs.example.x, codes: nil, in: inputs).examples
    for (step, examples) in path.enumerated() {
      rows.append((path.count == 1 ? "explored" : "step \(step)", examples))
    }
    return rows
  }
}
