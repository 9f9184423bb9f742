import RetortCore
import RetortModels
import RetortNN
import RetortTraining
import Testing

@testable import RetortDistillation

/// New queries, or documents, of pairs of recorded texts, and a step that learns from them.
@Suite struct PairSearchTests {
  private let recorded: RecordedText
  private let session: Session

  init() throws {
    recorded = try RecordedText()
    session = try recorded.session(.float64)
  }

  /// A step over two pairs.
  private func inputs() throws -> StepInputs {
    let graph = Graph()
    let zeros = graph.constant([0, 1] as [Int32], [2])
    return StepInputs(
      graph: graph, example: try recorded.texts("tokens", in: graph), labels: zeros,
      indices: zeros, randomState: graph.constant([9, 0, 4] as [Int32], [3]))
  }

  private func search(
    _ texts: Exploration.Texts, ratio: Double = 1
  ) -> TextSearch {
    var exploration = Exploration(.reconstruction)
    (exploration.texts, exploration.ratio, exploration.weight) = (texts, ratio, 0.5)
    return TextSearch(exploration, generator: recorded.generator, parts: 2)
  }

  /// What a search without a gradient finds, which asks no model.
  private func found(_ search: TextSearch, _ inputs: StepInputs) throws -> Example {
    let other = try embedder("other", width: 8, isFrozen: true)
    let explorer = Explorer(
      search.exploration, labeler: other, student: other.model, generator: nil, statistics: nil)
    return explorer.find(near: inputs.example, by: search, in: inputs).texts
  }

  /// The tokens of what a search finds, row by row.
  private func tokens(_ search: TextSearch) throws -> [[Float]] {
    let inputs = try inputs()
    let found = try found(search, inputs)
    let program = try session.compile(inputs.graph, outputs: [found.x.toFloat()])
    try program.run()
    let values = try program.floats(0)
    return (0..<found.count).map { Array(values[$0 * 10..<($0 + 1) * 10]) }
  }

  @Test func oneTextOfEachPairIsNew() throws {
    let all = try tokens(search(.both))
    #expect(all.count == 4 && Set(all).count > 1)
    #expect(try tokens(search(.queries)) == [all[0], all[2]])
    #expect(try tokens(search(.documents)) == [all[1], all[3]])
    #expect(try tokens(search(.both, ratio: 0.5)) == [all[0], all[1]], "whole pairs")
    #expect(try tokens(search(.queries, ratio: 1.5)) == [all[0], all[2], all[0]])
  }

  private func embedder(_ name: String, width: Int, isFrozen: Bool) throws -> ParameterStore {
    let model = try ModelCatalog.make(
      "sentence-bert",
      options: [
        "width": Double(width), "layers": 1, "heads": 2, "feed-forward": 8, "dropout": 0,
      ], for: .tokens(length: 10, vocabulary: RecordedText.vocabulary), classes: 1)
    let store = ParameterStore(model, name: name, isFrozen: isFrozen)
    try store.write(store.initialWeights(seed: isFrozen ? 1 : 2), to: session)
    return store
  }

  /// What is learnt from new queries is what both models say of them beside the documents of the batch, as if they had
  /// been asked again; the gradient flows to both sides.
  @Test(arguments: Exploration.Texts.allCases)
  func vectorsOfTextsThatStayAreThoseOfTheBatch(_ texts: Exploration.Texts) throws {
    let (teacher, student) = (
      try embedder("teacher", width: 12, isFrozen: true),
      try embedder("student", width: 8, isFrozen: false)
    )
    let search = search(texts)
    var explorer = Explorer(
      search.exploration, labeler: teacher, student: student.model, generator: nil, statistics: nil)
    explorer.texts = search
    var scheme = OfflineDistillation(
      students: [student], teacher: teacher, losses: [NamedLoss(RetrievalLoss(temperature: 0.5))],
      explorer: explorer)
    let inputs = try inputs()
    let objective = try scheme.objective(0, inputs)
    #expect(objective.terms.map(\.name) == ["retrieval", "retrieval-generated"])
    #expect(objective.terms[1].weight == 0.5)

    // All four texts, of which those that are to be new are.
    let all = try found(self.search(.both), inputs)
    let mixed = Example(
      zip(inputs.example.fields, all.fields).map { known, new in
        let rows = (0..<4).map { row in
          let isNew = texts == .both || row % 2 == (texts == .queries ? 0 : 1)
          return (isNew ? new : known).value.slice(axis: 0, row..<row + 1)
        }
        return (known.name, Tensor.concatenate(rows, axis: 0))
      })
    let own = student.model(mixed, in: inputs.context(.training)).pairCosines()
    let other = teacher.logits(of: mixed, indices: nil, in: inputs.graph).pairCosines()
    let expected = own.divergenceRows(.forwardKL, teacher: other, temperature: 0.5).mean()
    let values = [objective.terms[1].value, expected]
    let program = try session.compile(
      inputs.graph, outputs: values + values.map { student.gradient(of: $0) })
    try program.run()
    let (value, wanted) = (try program.floats(0)[0], try program.floats(1)[0])
    #expect(wanted > 1e-6 && abs(value - wanted) <= 1e-5 * wanted, "\(value), \(wanted)")
    let (gradient, same) = (try program.floats(2), try program.floats(3))
    let size = same.reduce(0) { max($0, abs($1)) }
    #expect(size > 1e-6)
    #expect(zip(gradient, same).allSatisfy { abs($0 - $1) <= 1e-4 * size })
  }
}
