import RetortCPU
import RetortFormats
import RetortRecipes
import RetortTestSupport
import Testing

@testable import RetortRuns

/// Teacher outputs and latent codes that variants share.
@Suite struct OutputTablesTests {
  private func recipe(_ home: String, variants: String) throws -> Recipe {
    try Recipe.decode(
      yaml: """
        version: 1
        name: shared
        data: {name: fashion-mnist, directory: \(home)/pictures}
        train: {steps: 3}
        stages:
          - {name: teacher, teacher: {model: mlp, hidden1: 4, hidden2: 0}}
          - {name: generator, generator: {model: conv-vae, latent: 2, width: 1, hidden: 2}}
          - name: distil
            data: {labelled: 20}
            teacher: {from: teacher}
            generator: {from: generator}
            student: {model: mlp, hidden1: 4, hidden2: 0}
            explore: {kind: zero}
            train: {batch: 4}
            variants: [\(variants)]
        """, path: "shared.yaml")
  }

  /// Each table is computed once for the choice of examples that it is of, and a variant learns the same
  /// beside others as alone.
  @Test func variantsShareThemWithoutADifference() throws {
    try SmallPictures.withFolder { home in
      let (first, second) = ("{name: a}", "{name: b, explore: {noise: 2}}")
      let other = "{name: c, data: {labelled: 10}}"
      let runner = RecipeRunner(
        try recipe(home, variants: "\(first), \(second), \(other)"), on: CPUBackend(),
        into: home + "/all")
      _ = try runner.run()
      #expect(runner.tables.logits.count == 2 && runner.tables.codes.count == 2)
      _ = try RecipeRunner(
        try recipe(home, variants: second), on: CPUBackend(), into: home + "/alone"
      ).run()
      let weights = "stages/distil/b/student/model.safetensors"
      #expect(
        try Safetensors.read("\(home)/all/\(weights)").tensors
          == Safetensors.read("\(home)/alone/\(weights)").tensors)
    }
  }
}
