import RetortFormats
import RetortSchema
import RetortTestSupport
import Testing

@testable import RetortRecipes

/// An override and what it comes to: nil where it takes effect, else the whole complaint.
struct OverrideCase: CustomTestStringConvertible {
  let overrides: [String]
  let complaint: String?
  var testDescription: String { overrides.joined(separator: " ") }

  init(_ overrides: String..., complaint: String? = nil) {
    (self.overrides, self.complaint) = (overrides, complaint)
  }
}

private let staged = """
  version: 1
  name: staged
  data: {name: fashion-mnist}
  train: {batch: 32}
  stages:
    - name: teach
      teacher: {model: mlp}
      optimizer: {kind: sgd, momentum: 0.5}
      train: {epochs: 6}
    - name: distil
      data: {labelled: 300}
      teacher: {from: teach}
      student: {model: mlp}
      losses: [{kind: cross-entropy}, {kind: kd}]
      train: {steps: 20}
      variants:
        - {name: labels, losses: [{kind: cross-entropy}]}
        - {name: mixup, explore: {kind: mixup}}
        - {name: noise, explore: {kind: pixel-noise, noise: 0.5}, train: {steps: 40, batch: 8}}
        - {name: plain, explore: null, optimizer: {learning-rate: 0.1}}
  """

private let cases: [OverrideCase] = [
  // They reach all stages that have no value of their own, or all that they name.
  OverrideCase("seed=1"), OverrideCase("seed=9"), OverrideCase("compute=float32"),
  OverrideCase("stages.*.train.log-every=3"), OverrideCase("train.log-every=3"),
  OverrideCase("stages.distil.data.labelled=50"), OverrideCase("stages.1.data.labelled=50"),
  OverrideCase("stages.*.data.labelled=50"), OverrideCase("stages.distil.losses.1.weight=0.5"),
  OverrideCase("stages.distil.variants.noise.train.steps=5"),
  OverrideCase("stages.distil.variants.*.train.steps=5"),
  OverrideCase(
    "stages.teach.name=other",
    "stages.distil.teacher.from=other"),
  OverrideCase("stages.distil.variants.noise.explore.noise=1"),
  OverrideCase("checkpoints={steps: 5}"), OverrideCase("stages.teach.train={epochs: 1}"),
  OverrideCase("stages.teach.train.steps=3"),
  OverrideCase("stages.*.train.log-every=3", "stages.distil.train.log-every=4"),
  // A null takes away what is there.
  OverrideCase("stages.distil.data.labelled=null"), OverrideCase("stages.teach.train.epochs=~"),
  OverrideCase("stages.distil.variants.noise.explore=null"),

  OverrideCase(
    "train.steps=5",
    complaint: "--set train.steps=5: 'train.steps' does not reach stages 'teach', 'distil/labels', "
      + "'distil/mixup', 'distil/noise' and 'distil/plain', with a value of their own. Set "
      + "stages.teach.train.steps, stages.distil.variants.noise.train.steps or "
      + "stages.distil.variants.*.train.steps."),
  OverrideCase(
    "data.labelled=50",
    complaint: "--set data.labelled=50: 'data.labelled' does not reach stages 'distil/labels', "
      + "'distil/mixup', 'distil/noise' and 'distil/plain', with a value of their own. Set "
      + "stages.distil.data.labelled or stages.*.data.labelled."),
  OverrideCase(
    "train.epochs=5",
    complaint: "--set train.epochs=5: 'train.epochs' does not reach stages 'teach', "
      + "'distil/labels', 'distil/mixup', 'distil/noise' and 'distil/plain', with a value of their "
      + "own. Set stages.teach.train.epochs, stages.distil.variants.noise.train.epochs or "
      + "stages.distil.variants.*.train.epochs."),
  OverrideCase(
    "train={batch: 16, steps: 3}",
    complaint: "--set train={batch: 16, steps: 3}: 'train' does not reach stages 'teach', "
      + "'distil/labels', 'distil/mixup', 'distil/noise' and 'distil/plain', with a value of their "
      + "own. Set stages.teach.train, stages.distil.variants.noise.train or "
      + "stages.distil.variants.*.train."),
  OverrideCase(
    "train.batch=16",
    complaint: "--set train.batch=16: 'train.batch' does not reach stage 'distil/noise', with a "
      + "value of its own. Set stages.distil.variants.noise.train.batch or "
      + "stages.distil.variants.*.train.batch."),
  OverrideCase(
    "stages.*.train.steps=5",
    complaint: "--set stages.*.train.steps=5: 'stages.*.train.steps' does not reach stage "
      + "'distil/noise', with a value of its own. Set stages.distil.variants.noise.train.steps or "
      + "stages.distil.variants.*.train.steps."),
  OverrideCase(
    "optimizer.learning-rate=0.2",
    complaint: "--set optimizer.learning-rate=0.2: 'optimizer.learning-rate' does not reach stages "
      + "'teach' and 'distil/plain', with a value of their own. Set "
      + "stages.teach.optimizer.learning-rate, "
      + "stages.distil.variants.plain.optimizer.learning-rate or "
      + "stages.distil.variants.*.optimizer.learning-rate."),
  OverrideCase(
    "stages.distil.explore={kind: mixup}",
    complaint: "--set stages.distil.explore={kind: mixup}: 'stages.distil.explore' does not reach "
      + "stages 'distil/mixup' and 'distil/noise', with a value of their own. Set "
      + "stages.distil.variants.mixup.explore or stages.distil.variants.noise.explore."),
  OverrideCase(
    "data.labelled=null",
    complaint: "--set data.labelled=null: 'data.labelled' does not reach stages 'distil/labels', "
      + "'distil/mixup', 'distil/noise' and 'distil/plain', with a value of their own. Set "
      + "stages.distil.data.labelled or stages.*.data.labelled."),
  OverrideCase(
    "stages.teach.data.labelled=null",
    complaint: "--set stages.teach.data.labelled=null: there is no 'stages.teach.data.labelled' to "
      + "take away"),
  OverrideCase(
    "explore=null",
    complaint: "--set explore=null: 'explore' does not reach stages 'distil/mixup' and "
      + "'distil/noise', with a value of their own. Set stages.distil.variants.mixup.explore, "
      + "stages.distil.variants.noise.explore or stages.distil.variants.*.explore."),
  OverrideCase(
    "seed=null", complaint: "--set seed=null: there is no 'seed' to take away"),
  OverrideCase(
    "train.log-every=",
    complaint: "--set train.log-every=: 'train.log-every' has no value. Write one, or null to take "
      + "away what there is."),
  OverrideCase(
    "train.log-every= # none",
    complaint: "--set train.log-every= # none: 'train.log-every' has no value. Write one, or null "
      + "to take away what there is."),
  OverrideCase(
    "seed=2", "seed=3", complaint: "--set seed=2: a later override sets the same. Keep one."),
  OverrideCase(
    "stages.teach.train.steps=3", "stages.teach.train.epochs=3",
    complaint: "--set stages.teach.train.steps=3: a later override sets the same. Keep one."),
  OverrideCase(
    "variants.noise.train.steps=3",
    complaint: "--set variants.noise.train.steps=3: there is no 'variants'"),
]

@Suite struct OverrideTests {
  @Test(arguments: cases) func everyOverrideTakesEffectOrSaysWhatWould(_ example: OverrideCase) {
    var complaint: String?
    do {
      _ = try Recipe.decode(yaml: staged, path: "r.yaml", overrides: example.overrides)
    } catch {
      complaint = "\(error)"
    }
    #expect(complaint == example.complaint)
  }

  /// What a complaint tells to set changes the recipe.
  @Test func whatIsToldWorks() throws {
    let plain = try Recipe.decode(yaml: staged, path: "r.yaml").sha256
    for override in [
      "stages.teach.train.steps=5", "stages.distil.variants.*.train.steps=5",
      "stages.*.data.labelled=50",
      "stages.distil.variants.noise.train.batch=16", "stages.distil.variants.*.train.batch=16",
      "stages.distil.variants.*.optimizer.learning-rate=0.2",
      "stages.distil.variants.mixup.explore=null",
    ] {
      let changed = try Recipe.decode(yaml: staged, path: "r.yaml", overrides: [override])
      #expect(changed.sha256 != plain, "\(override)")
    }
  }

  @Test func aNullBringsTheDefaultBack() throws {
    let recipe = try Recipe.decode(
      yaml: staged, path: "r.yaml",
      overrides: [
        "stages.teach.train.epochs=null", "stages.distil.data.labelled=null",
        "stages.distil.variants.noise.train.batch=null",
      ])
    #expect(recipe.stages[0].train.length == TrainSpec().length)
    #expect(recipe.stages[3].train.batch == TrainSpec().batch)
    #expect(recipe.stages[1].data.selection == .all)
  }

  /// A null of one key leaves its alternative alone.
  @Test func aNullTakesAwayItsOwnKeyAlone() throws {
    let recipe = try Recipe.decode(
      yaml: """
        version: 1
        name: a
        student: {model: mlp}
        train: {epochs: 3}
        stages: [{name: s, train: {steps: null}}]
        """, path: "a.yaml")
    #expect(recipe.stages[0].train.length == .epochs(3))
  }

  @Test(arguments: ["train.steps=5", "stages.*.train.steps=5", "stages.kd.train.steps=5"])
  func aRecipeOfOneStageHasShortPaths(_ override: String) throws {
    let yaml = "{version: 1, name: kd, student: {model: mlp}, train: {steps: 9}}"
    let plain = override.hasPrefix("train")
    if plain {
      let recipe = try Recipe.decode(yaml: yaml, path: "a.yaml", overrides: [override])
      #expect(recipe.stages[0].train.length == .steps(5))
    } else {
      let error = #expect(throws: RecipeErrors.self) {
        try Recipe.decode(yaml: yaml, path: "a.yaml", overrides: [override])
      }
      #expect(error?.description == "--set \(override): there is no 'stages'. Set train.steps.")
    }
  }

  /// What a run stores has its stages spelt out, so that an override of `train` would go nowhere.
  @Test func aStoredRecipeIsOverriddenByStage() throws {
    let stored = try Recipe.decode(yaml: staged, path: "r.yaml").expandedYAML
    let error = #expect(throws: RecipeErrors.self) {
      try Recipe.decode(yaml: stored, path: "recipe.yaml", overrides: ["train.steps=5"])
    }
    #expect(error?.description.hasSuffix("Set stages.*.train.steps.") == true, "\(error!)")
    let changed = try Recipe.decode(
      yaml: stored, path: "recipe.yaml", overrides: ["stages.distil/noise.train.steps=5"])
    #expect(changed.stages[3].train.length == .steps(5))
    #expect(changed.stages[0].train.length == .epochs(6))
  }

  @Test func aNameThatIsAPlaceTooIsNoGuess() {
    let error = #expect(throws: RecipeErrors.self) {
      try Recipe.decode(
        yaml: """
          version: 1
          name: a
          student: {model: mlp}
          stages: [{name: b}, {name: "0"}]
          """, path: "a.yaml", overrides: ["stages.0.train.steps=4"])
    }
    #expect(
      error?.description == "--set stages.0.train.steps=4: '0' is one element's name and another's "
        + "place. Rename the one, or set all with '*'.")
  }

  @Test func overridesReachWhatIsInherited() throws {
    try SmallPictures.withFolder { home in
      try AtomicFile.write(Array(staged.utf8), to: home + "/base.yaml")
      let heir = "extends: base.yaml\nversion: 1\nname: heir\nseed: 4\n"
      try AtomicFile.write(Array(heir.utf8), to: home + "/heir.yaml")
      let recipe = try Recipe.load(
        home + "/heir.yaml", overrides: ["stages.distil.data.labelled=50", "seed=5"])
      #expect(recipe.seed == 5 && recipe.stages[1].data.selection == .labelled(50))
      #expect(throws: RecipeErrors.self) {
        try Recipe.load(home + "/heir.yaml", overrides: ["data.labelled=50"])
      }
    }
  }
}
