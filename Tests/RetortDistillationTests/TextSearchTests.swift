import RetortCore
import RetortNN
import RetortTraining
import Testing

@testable import RetortDistillation

/// New texts of recorded ones, and a step that learns from them.
@Suite struct TextSearchTests {
  private static func inputs(_ recorded: RecordedText, step: Int32 = 4) throws -> StepInputs {
    let graph = Graph()
    let zeros = graph.constant([0, 1, 2, 0] as [Int32], [4])
    return StepInputs(
      graph: graph, example: try recorded.texts("tokens", in: graph), labels: zeros,
      indices: zeros, randomState: graph.constant([9, 0, step] as [Int32], [3]))
  }

  /// Tokens and masks of what the search finds, of as many rows as the batch times the ratio.
  private func explored(_ exploration: Exploration, step: Int32 = 4) throws -> [[Float]] {
    let recorded = try RecordedText()
    let session = try recorded.session(.float64)
    let inputs = try Self.inputs(recorded, step: step)
    // Kinds without a gradient ask neither of these.
    let other = try RecordedText.encoder("other", isFrozen: true)
    let explorer = Explorer(
      exploration, labeler: other, student: other.model, generator: nil, statistics: nil)
    let found = explorer.find(
      near: inputs.example, by: TextSearch(exploration, generator: recorded.generator), in: inputs
    ).texts
    #expect(found.count == exploration.generatedCount(batch: 4))
    let program = try session.compile(
      inputs.graph, outputs: found.fields.map { $0.value.toFloat() })
    try program.run()
    return [try program.floats(0), try program.floats(1)]
  }

  private func search(
    _ kind: Exploration.Kind = .zero, _ change: (inout Exploration) -> Void = { _ in }
  ) -> Exploration {
    var exploration = Exploration(kind)
    change(&exploration)
    return exploration
  }

  @Test func textsWithoutNoiseAreTheGeneratorsOwn() throws {
    let recorded = try RecordedText()
    let own = try explored(search(.reconstruction))
    #expect(own[0].map { Int32($0) } == (try recorded.file.int32s("decoded")))
    #expect(own[1].map { Int32($0) } == (try recorded.file.int32s("shown")))
    #expect(try explored(search { $0.noise = 0 }) == own)
    #expect(try explored(search(.reconstruction) { $0.sampling = 1e-4 }) == own)
  }

  @Test func eachChangeMakesOtherTextsInEachStep() throws {
    let own = try explored(search(.reconstruction))
    let changes: [Exploration] = [
      search { $0.noise = 2 }, search(.reconstruction) { $0.masked = 0.5 },
      search(.reconstruction) { $0.sampling = 3 },
    ]
    for change in changes {
      let found = try explored(change)
      #expect(found != own)
      #expect(try explored(change) == found)
      #expect(try explored(change, step: 5) != found)
      for row in 0..<4 {
        let tokens = found[0][row * 10..<row * 10 + 10]
        let length = found[1][row * 10..<row * 10 + 10].prefix { $0 == 1 }.count
        #expect(tokens.first == 2 && tokens[row * 10 + length - 1] == 3)
        #expect(tokens.prefix(length - 1).allSatisfy { $0 != 3 })
        #expect(tokens.dropFirst(length).allSatisfy { $0 == 0 })
      }
    }
  }

  @Test func aBatchMakesAsManyTextsAsAreAskedFor() throws {
    let found = try explored(search(.reconstruction) { $0.ratio = 1.5 })
    #expect(found[0].count == 60)
    #expect(Array(found[0].suffix(20)) == Array(found[0].prefix(20)))
  }

  /// Noise is in units of each coordinate's deviation over tokens; padding does not count.
  @Test func deviationsAreThoseOfTokens() throws {
    let recorded = try RecordedText()
    let session = try recorded.session(.float64)
    let graph = Graph()
    let states = graph.constant([1, 5, 3, 9, 100, 100, 5, 1] as [Float], [2, 2, 2])
    let mask = graph.constant([1, 1, 0, 1] as [Int32], [2, 2])
    let program = try session.compile(
      graph, outputs: [TextSearch.deviation(of: states, mask)])
    try program.run()
    let found = try program.floats(0)
    #expect(abs(found[0] - (8.0 / 3).squareRoot()) < 1e-6)
    #expect(abs(found[1] - (32.0 / 3).squareRoot()) < 1e-6)
  }

  /// Student and teacher are encoders; the gradient is the student's alone.
  @Test func aStudentLearnsFromWhatTheTeacherSaysOfThem() throws {
    let recorded = try RecordedText()
    let session = try recorded.session(.float64)
    func encoder(_ name: String, isFrozen: Bool) throws -> ParameterStore {
      let store = try RecordedText.encoder(name, isFrozen: isFrozen)
      try store.write(store.initialWeights(seed: isFrozen ? 1 : 2), to: session)
      return store
    }
    let (teacher, student) = (
      try encoder("teacher", isFrozen: true), try encoder("student", isFrozen: false)
    )
    let exploration = search {
      $0.noise = 0.5; $0.masked = 0.3; $0.weight = 0.5
    }
    var explorer = Explorer(
      exploration, labeler: teacher, student: student.model, generator: nil, statistics: nil)
    explorer.texts = TextSearch(exploration, generator: recorded.generator)
    var scheme = OfflineDistillation(
      students: [student], teacher: teacher,
      losses: [NamedLoss(CrossEntropyLoss()), NamedLoss(SoftTargetLoss())], explorer: explorer)
    let inputs = try Self.inputs(recorded)
    let objective = try scheme.objective(0, inputs)
    #expect(objective.terms.map(\.name) == ["cross-entropy", "kd", "kd-generated"])
    #expect(objective.terms[2].weight == 0.5)
    let gradient = student.gradient(of: objective.terms[2].value)
    let program = try session.compile(
      inputs.graph, outputs: objective.terms.map(\.value) + [gradient])
    try program.run()
    for index in 0..<3 { #expect(try program.floats(index)[0] > 0) }
    let numbers = try program.floats(3)
    #expect(numbers.allSatisfy(\.isFinite) && numbers.contains { $0 != 0 })
  }
}
