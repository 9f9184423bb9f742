import RetortCPU
import RetortRecipes
import RetortTestSupport
import Testing

@testable import RetortRuns

/// Teachers that tell other classes apart than the data have.
@Suite struct OtherClassesTests {
  private func run(_ teacher: String, in home: String, to folder: String) throws -> StageResult {
    let recipe = try Recipe.decode(
      yaml: """
        version: 1
        name: features
        data: {name: fashion-mnist, directory: \(home)/pictures}
        student: {model: mlp, hidden1: 5, hidden2: 0}
        teacher: {model: mlp, hidden1: 6, hidden2: 0, weights: \(home)/teacher.safetensors\(teacher)}
        losses: [cross-entropy, {kind: hint, taps: [{student: fc1, teacher: fc1}]}]
        train: {steps: 3, batch: 10}
        """, path: "features")
    let again = try Recipe.decode(yaml: recipe.expandedYAML, path: "again")
    #expect(again == recipe && again.expandedYAML == recipe.expandedYAML)
    return try RecipeRunner(recipe, on: CPUBackend(), into: "\(home)/\(folder)").run()[0]
  }

  /// Features are compared, and accuracy and agreement, which mean nothing, are not measured.
  @Test func itsFeaturesTeach() throws {
    try SmallPictures.withFolder { home in
      try writeRandomWeights(
        of: "mlp", ["hidden1": 6, "hidden2": 0], classes: 7, to: home + "/teacher.safetensors")
      let result = try run(", classes: 7", in: home, to: "out")
      #expect(Set(result.losses.keys) == ["loss", "cross-entropy", "hint"])
      #expect(result.losses.values.allSatisfy { $0.isFinite })
      let score = try #require(result.teacher)
      #expect(score.accuracy == nil && score.parameters == 784 * 6 + 6 + 6 * 7 + 7)
      #expect(result.agreement == nil && result.teacherEvaluations == 30)

      let error = #expect(throws: RunError.self) {
        _ = try run("", in: home, to: "none")
      }
      #expect(error?.description.contains("has shape [7, 6], the model needs [10, 6]") == true)
      #expect(error?.description.contains("'classes: 1000'") == true)
    }
  }
}
