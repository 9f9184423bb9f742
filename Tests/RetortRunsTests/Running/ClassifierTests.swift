import RetortCPU
import RetortCore
import RetortRecipes
import RetortTestSupport
import Testing

@testable import RetortRuns

/// Classifiers as recipes name them, narrow.
@Suite struct ClassifierTests {
  private static let models = [
    "{model: wrn16-1, width: 2}", "{model: vgg8, width: 2}",
    "{model: vit-tiny, width: 12, layers: 1, patch: 7}",
    "{model: mobilenetv2, width: 0.125, expansion: 2}",
    "{model: mobilenetv2, width: 0.125, expansion: 2, torchvision: 1}",
  ]

  /// What one step trained is what a stored model says of the test pictures.
  @Test(arguments: models) func onTheProcessor(_ model: String) throws {
    try SmallPictures.withFolder { home in
      let recipe = try Recipe.decode(
        yaml: """
          version: 1
          name: short
          data: {name: fashion-mnist, directory: \(home)/pictures}
          student: \(model)
          losses: [{kind: cross-entropy}]
          optimizer: {kind: sgd, learning-rate: 0.1}
          train: {steps: 1, batch: 20}
          """, path: "short.yaml")
      let result = try #require(
        try RecipeRunner(recipe, on: CPUBackend(), into: home + "/out").run().last)
      let stored = try StoredModel(home + "/out")
      let score = try stored.evaluate(on: recipe.stages[0].data, with: CPUBackend()).score
      let (nll, trained) = (try #require(score.nll), try #require(result.trained.nll))
      #expect(nll.isFinite && abs(nll - trained) <= 1e-5 * trained)
      #expect(score.parameters == result.trained.parameters && score.macs == result.trained.macs)
    }
  }
}
