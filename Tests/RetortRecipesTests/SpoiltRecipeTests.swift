import RetortSchema
import RetortTestSupport
import Testing

@testable import RetortRecipes

/// Recipes in which something is wrong: faults or a recipe, never the end of the program.
@Suite struct SpoiltRecipeTests {
  private static let whole = """
    version: 1
    name: whole
    seed: 7
    compute: float32
    data: {name: fashion-mnist, labelled: 20, validation: 5}
    augment: {shift: 2, flip: true}
    optimizer:
      kind: adam
      learning-rate: 0.001
      clip-norm: 1
      average: {decay: 0.9, from: 3}
      schedule: {kind: cosine, warmup: 2}
    train: {epochs: 2, batch: 10, evaluate-every: 4, log-every: 2, keep: best, patience: 3}
    checkpoints: {seconds: 30, keep: 2}
    stages:
      - {name: teach, teacher: {model: resnet8, width: 4}, losses: [{kind: cross-entropy}]}
      - {name: vae, generator: {model: conv-vae, latent: 2}, losses: [{kind: vae, kl-weight: 1}]}
      - name: distil
        teacher: {from: teach, expected-accuracy: 0.5}
        generator: {from: vae}
        student: {model: mlp, hidden1: 4, hidden2: 0}
        losses:
          - {kind: cross-entropy, weight: 0.5, label-smoothing: 0.1}
          - {kind: kd, temperature: 4, weight: 2}
        variants:
          - {name: zero, explore: {kind: zero, noise: 1.5, ratio: 0.5}}
          - {name: first, explore: {kind: first, steps: 2, step: {displacement: 0.5}}}
          - {name: pixel, explore: {kind: pixel-gradient, steps: 1, step: {normalised: 0.1}}}
          - {name: none, explore: null, data: {long-tail: {imbalance: 10}}}

    """

  @Test func theUnspoiltOneIsRight() throws {
    #expect(try Recipe.decode(yaml: Self.whole, path: "r.yaml").stages.count == 6)
  }

  /// What is read is read again from its expanded form; some come with overrides that are spoilt too.
  @Test(arguments: 0..<4) func anyTextIsReadOrRefused(_ seed: UInt64) throws {
    var spoiler = Spoiler(seed: seed)
    var read = 0
    for _ in 0..<150 {
      let text = spoiler.spoilt(Self.whole)
      let overrides = seed == 3 ? [spoiler.spoilt("stages.*.train.batch=7")] : []
      let recipe: Recipe
      do throws(RecipeErrors) {
        recipe = try Recipe.decode(yaml: text, path: "r.yaml", overrides: overrides)
      } catch {
        #expect(!error.faults.isEmpty && !error.description.isEmpty)
        continue
      }
      read += 1
      let again = try Recipe.decode(yaml: recipe.expandedYAML, path: "r.yaml")
      #expect(again.sha256 == recipe.sha256, "\(text)")
    }
    #expect(read > 0, "some changes do no harm")
  }
}
