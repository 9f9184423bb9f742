import RetortData
import RetortSchema
import Testing

@testable import RetortRecipes

/// What recipes say of augmentation.
@Suite struct AugmentRecipeTests {
  private func recipe(_ augment: String, _ learner: String = "student: lenet5") throws -> Recipe {
    try Recipe.decode(
      yaml: """
        version: 1
        name: a
        \(learner)
        augment: \(augment)
        train: {steps: 3}

        """, path: "r.yaml")
  }

  @Test func keysRoundTrip() throws {
    let words =
      "{jitter: {brightness: 0.4, hue: 0.1}, randaugment: 12, mixup: 0.2, cutmix: 1, flip: true}"
    let recipe = try recipe(words)
    var expected = Augmentation(flip: true)
    (expected.jitter.brightness, expected.jitter.hue) = (0.4, 0.1)
    expected.randAugment = RandAugment()
    expected.randAugment?.magnitude = 12
    (expected.mixup, expected.cutmix) = (0.2, 1)
    #expect(recipe.stages[0].augment == expected)
    let again = try Recipe.decode(yaml: recipe.expandedYAML, path: "again.yaml")
    #expect(again.stages[0].augment == expected && again.sha256 == recipe.sha256)
    #expect(recipe.expandedYAML.contains("mix-up: 0.2"), "\(recipe.expandedYAML)")
    let plain = try self.recipe("{flip: true}")
    for word in ["jitter", "randaugment", "mix-up", "cut-mix"] {
      #expect(!plain.expandedYAML.contains(word), "\(word)")
    }
  }

  @Test func mixingIsForStudents() throws {
    let error = #expect(throws: RecipeErrors.self) {
      try recipe("{mix-up: 1}", "generator: conv-vae")
    }
    #expect(
      "\(error!)".contains("needs a student. Add it."), "\(error!)")
    _ = try recipe("{flip: true}", "generator: conv-vae")
  }

  @Test func repeatedDrawsAreOfOnePicture() throws {
    #expect(try recipe("{flip: true, draws: 4}").expandedYAML.contains("draws: 4"))
    for (words, reason) in [
      ("{draws: 4}", "'draws' repeats what a picture is changed by, and nothing is"),
      ("{flip: true, mix-up: 1, draws: 4}", "mixing depends on its batch"),
    ] {
      let error = #expect(throws: RecipeErrors.self) { try recipe(words) }
      #expect("\(error!)".contains(reason), "\(error!)")
    }
  }
}
