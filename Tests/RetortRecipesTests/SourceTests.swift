import Glibc
import RetortData
import RetortDistillation
import RetortFormats
import RetortSchema
import RetortTraining
import Testing

@testable import RetortRecipes

@Suite struct SourceTests {
  @Test func relativeBasesAreFoundAndMergedBeneath() throws {
    try inFolder([
      "a.yaml": "extends: sub/b.yaml\nversion: 1\nname: a\naugment: {flip: true}\nexplore: null\n",
      "sub/b.yaml": "extends: c.yaml\nversion: 1\nname: b\naugment: {shift: 2}\n",
      "sub/c.yaml": """
      version: 1
      name: c
      seed: 9
      teacher: {model: resnet8, weights: w}
      student: {model: lenet5}
      losses: [{kind: kd}]
      explore: {kind: mixup}
      """,
    ]) { folder in
      let recipe = try Recipe.load(folder + "/a.yaml")
      #expect(recipe.name == "a")
      #expect(recipe.seed == 9)
      #expect(recipe.stages[0].augment == Augmentation(shift: 2, flip: true))
      #expect(recipe.stages[0].explore == nil)
    }
  }

  @Test func cyclesAreNamed() throws {
    try inFolder(["a.yaml": "extends: b.yaml\n", "b.yaml": "extends: a.yaml\n"]) { folder in
      let error = #expect(throws: RecipeErrors.self) { try Recipe.load(folder + "/a.yaml") }
      #expect(
        error?.description == "\(folder)/b.yaml:1:10: recipes extend each other: "
          + "\(folder)/a.yaml → \(folder)/b.yaml → \(folder)/a.yaml")
    }
  }

  @Test func faultsOfABaseAreThere() throws {
    try inFolder([
      "a.yaml": "extends: b.yaml\nversion: 1\nname: a\nstudent: {model: lenet5}\n",
      "b.yaml": "train: {btch: 3}\n",
    ]) { folder in
      let error = #expect(throws: RecipeErrors.self) { try Recipe.load(folder + "/a.yaml") }
      #expect(
        error?.description
          == "\(folder)/b.yaml:1:9: unknown key 'btch' in 'train'. Did you mean 'batch'?")
    }
  }

  @Test func overridesReachElementsByPlaceNameAndStar() throws {
    let recipe = try Recipe.load(
      "fashion-demo",
      overrides: [
        "stages.*.train.steps=7", "stages.2.data.labelled=50", "stages.distil.losses.1.weight=0.5",
        "stages.distil.variants.tgt-first.explore.step={normalised: 0.25}", "seed=4",
      ])
    #expect(recipe.seed == 4)
    #expect(recipe.stages[0].train.batch == 128)
    #expect(recipe.stages[7].data.selection == .labelled(50))
    #expect(recipe.stages[7].losses[1] == NamedLoss(SoftTargetLoss(weight: 0.5)))
    #expect(recipe.stages[7].explore?.step == .normalised(0.25))
    #expect(recipe.stages.allSatisfy { $0.train.length == .steps(7) })
  }

  @Test func aBlockOfAnotherKindStartsAnew() throws {
    let recipe = try Recipe.decode(
      yaml: """
        version: 1
        name: a
        student: {model: resnet8, width: 4}
        optimizer: {kind: sgd, momentum: 0.5, weight-decay: 0.1}
        train: {epochs: 3, batch: 4}
        stages:
          - {name: s, optimizer: {kind: adam}, student: {model: lenet5}, train: {steps: 2}}
          - {name: t, optimizer: {nesterov: true}, student: {width: 5}}
          - {name: u}
        """, path: "a.yaml")
    #expect(recipe.stages[0].optimizer == OptimizerSpec())
    #expect(recipe.stages[0].student == ModelSpec(model: "lenet5"))
    #expect(recipe.stages[0].train.length == .steps(2))
    #expect(recipe.stages[0].train.batch == 4)
    #expect((recipe.stages[1].optimizer.rule as? SGD)?.momentum == 0.5)
    #expect((recipe.stages[1].optimizer.rule as? SGD)?.nesterov == true)
    #expect(recipe.stages[1].student?.options["width"] == 5)
    #expect(recipe.stages[2].student?.options["width"] == 4)
  }

  @Test(arguments: [
    String(repeating: "[", count: 20_000), String(repeating: "a: {", count: 500),
    String(repeating: "- ", count: 5_000), "\u{0}", "!!binary x", "? [a]\n: b", "--- a\n--- b",
    "x: &a [1]\n"
      + (0..<40).map { "y\($0): &b\($0) {? [*a, *a] : 1}\n" }.joined(),
  ])
  func hostileTextsAreFaults(_ yaml: String) {
    #expect(throws: RecipeErrors.self) { try Recipe.decode(yaml: yaml, path: "r.yaml") }
  }

  @Test func everyTruncationOfARecipeIsReadOrRefused() throws {
    let text = Array(try #require(BundledRecipes.text("fashion-demo")).utf8)
    for end in stride(from: 0, to: text.count, by: 7) {
      let part = String(decoding: text[..<end], as: UTF8.self)
      do throws(RecipeErrors) {
        let recipe = try Recipe.decode(yaml: part, path: "r.yaml")
        #expect(!recipe.stages.isEmpty)
      } catch {
        #expect(!error.faults.isEmpty)
      }
    }
  }

  /// Runs `body` with files in a folder that is removed afterwards.
  private func inFolder(_ files: [String: String], _ body: (String) throws -> Void) throws {
    var template = Array("/tmp/retort-recipes-XXXXXX".utf8CString)
    let folder = try #require(mkdtemp(&template).map { String(cString: $0) })
    defer {
      for name in files.keys { unlink(folder + "/" + name) }
      rmdir(folder + "/sub")
      rmdir(folder)
    }
    mkdir(folder + "/sub", 0o755)
    for (name, text) in files { try AtomicFile.write(Array(text.utf8), to: folder + "/" + name) }
    try body(folder)
  }
}
