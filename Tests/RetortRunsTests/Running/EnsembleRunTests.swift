import RetortCPU
import RetortRecipes
import RetortTestSupport
import Testing

@testable import RetortRuns

/// A run whose teacher is an ensemble of two stages.
@Suite struct EnsembleRunTests {
  @Test func twoTeachersTeachAsOne() throws {
    try SmallPictures.withFolder { home in
      let recipe = try Recipe.decode(
        yaml: """
          version: 1
          name: two
          data: {name: fashion-mnist, directory: \(home)/pictures}
          train: {steps: 4, batch: 10}
          stages:
            - {name: a, teacher: {model: mlp, hidden1: 6, hidden2: 0}}
            - {name: b, teacher: {model: mlp, hidden1: 7, hidden2: 0}}
            - name: c
              teacher: {ensemble: [{name: x, from: a, weight: 2}, {name: y, from: b}], mean: logits}
              student: {model: mlp, hidden1: 5, hidden2: 0}
              losses: [kd, {kind: hint, taps: [{student: fc1, teacher: y.fc1}]}]
          """, path: "two")
      let again = try Recipe.decode(yaml: recipe.expandedYAML, path: "again")
      #expect(again == recipe && again.expandedYAML == recipe.expandedYAML)
      let results = try RecipeRunner(recipe, on: CPUBackend(), into: home + "/out").run()
      let (a, b, c) = (results[0], results[1], results[2])
      #expect(c.teacher?.parameters == a.trained.parameters + b.trained.parameters)
      #expect(c.teacher?.accuracy != nil && c.agreement != nil)
      #expect(c.trained.parameters == 784 * 5 + 5 + 5 * 10 + 10, "without the adapter")
      #expect(Set(c.losses.keys) == ["loss", "kd", "hint"])
      // What an ensemble of files holds is told apart as what one model's file holds is.
      let path = home + "/out/stages/a/teacher/model.safetensors"
      let stored = try Recipe.decode(
        yaml: """
          version: 1
          name: stored
          student: mlp
          teacher: {ensemble: [{name: a, model: mlp, hidden1: 6, hidden2: 0, weights: \(path)}]}
          """, path: "stored")
      try WeightDigests(of: stored).write(to: .init(home + "/out"))
      #expect(try WeightDigests(of: stored).changed(since: .init(home + "/out")) == nil)
    }
  }
}
