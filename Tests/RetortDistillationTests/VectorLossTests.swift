import RetortCPU
import RetortCore
import RetortModels
import RetortNN
import RetortTraining
import Testing

@testable import RetortDistillation

/// Losses of vectors and of relations: where they are nothing, and what they refuse.
@Suite struct VectorLossTests {
  private static let cases: [String: any DistillationLoss] = [
    "squared": EmbeddingLoss(distance: .squared), "cosine": EmbeddingLoss(distance: .cosine),
    "rkd-distance": RelationLoss(distance: 1, angle: 0),
    "rkd-angle": RelationLoss(distance: 0, angle: 1), "similarity": SimilarityLoss(),
    "retrieval": RetrievalLoss(symmetric: true),
  ]

  /// What is alike as a whole has no loss; no gradient reaches the teacher.
  @Test(arguments: ["cosine", "squared", "rkd-distance", "rkd-angle", "similarity", "retrieval"])
  func equalVectorsHaveNoLoss(_ name: String) throws {
    let graph = Graph()
    let (student, teacher) = (graph.input("s", [4, 3]), graph.input("t", [4, 3]))
    let value = try Self.terms(Self.cases[name] ?? LogitLoss(), student, teacher)[0].value
    let executable = try Session(CPUBackend()).compile(
      graph, outputs: [value] + gradients(of: value, with: [teacher]))
    let values: [Float] = [1, 2, 3, -1, 0.5, 2, 0, 4, 1, 2, 2, -3]
    for place in 0..<2 { try executable.setInput(place, values) }
    try executable.run()
    #expect(abs(try executable.floats(0)[0]) < 1e-6)
    #expect(try executable.floats(1).allSatisfy { $0 == 0 })
  }

  @Test func vectorsOfTwoSizesAreRefused() {
    let graph = Graph()
    let (student, teacher) = (graph.input("s", [4, 3]), graph.input("t", [4, 5]))
    let error = #expect(throws: VectorSizeError.self) {
      try Self.terms(EmbeddingLoss(), student, teacher)
    }
    #expect(error == VectorSizeError(student: 3, teacher: 5))
    #expect(error?.description.contains("'width: 5'") == true)
  }

  /// Where sizes differ, a linear layer that trains with the student stands between both; else there is none.
  @Test(arguments: [3, 5]) func vectorsOfTwoSizesGetALayer(_ width: Int) throws {
    let examples = ExampleSpec.tokens(length: 6, vocabulary: 9)
    func embedder(_ name: String, _ width: Int) throws -> ParameterStore {
      let options: [String: Double] = [
        "width": Double(width), "layers": 1, "heads": 1, "feed-forward": 4,
      ]
      return ParameterStore(
        try ModelCatalog.make("sentence-bert", options: options, for: examples, classes: 1),
        name: name)
    }
    let (student, teacher) = (try embedder("student", width), try embedder("teacher", 5))
    let losses = [EmbeddingLoss() as any DistillationLoss, RetrievalLoss(), RelationLoss()]
    let adapted = try AdaptedModel.adapting(
      student.model, to: teacher, losses.map { NamedLoss($0) }, examples: examples, count: 1)
    guard width != 5 else {
      #expect(adapted === student.model)
      return
    }
    let adapters = try #require(adapted as? AdaptedModel).adapters
    #expect(adapters.map(\.loss) == ["embedding"] && adapters[0].modules.count == 1)
    let layer = try #require(adapters[0].modules[0] as? Linear)
    #expect(layer.weight.shape == [5, 3])
  }

  private static func terms(
    _ loss: any DistillationLoss, _ student: Tensor, _ teacher: Tensor
  ) throws -> [LossTerm] {
    let inputs = StepInputs(
      graph: student.graph, example: Example(student), labels: student, indices: student,
      randomState: student)
    return try loss.terms(
      Comparison(
        inputs: inputs, context: inputs.context(.training), learner: Module(),
        examples: inputs.example, student: Taps(output: student), teacher: Taps(output: teacher),
        labels: nil), name: "a")
  }
}
