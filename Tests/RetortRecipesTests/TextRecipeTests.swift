import RetortDistillation
import RetortSchema
import RetortTestSupport
import Testing

@testable import RetortRecipes

/// Recipes on texts: what they may have of what pictures may.
@Suite struct TextRecipeTests {
  private static let head = """
    version: 1
    name: a
    data: {name: text, training: t.tsv, test: e.tsv, vocabulary: v.txt}
    student: bert

    """

  private static let faults: [(more: String, says: String)] = [
    (
      "teacher: {model: bert, weights: t}\nlosses: [kd]\nexplore: {kind: mixup}\n",
      "r.yaml:7:10: exploration 'mixup' is for pictures, which the examples of 'text' are not. "
        + "For texts there is 'zero', 'first' and 'reconstruction', with a generator such as "
        + "denoising-transformer."
    ),
    (
      "augment: {shift: 1}\n",
      "r.yaml:5:1: 'augment' is for pictures, which the examples of 'text' are not. Take it out."
    ),
    (
      "teacher: {model: lenet5, weights: t}\n",
      "r.yaml:5:18: model 'lenet5': it reads pictures; the examples are sequences of 128 token ids. "
        + "Choose an encoder, such as bert."
    ),
    (
      "generator: conv-vae\n",
      "r.yaml:5:12: model 'conv-vae': it reads pictures; the examples are sequences of 128 token "
        + "ids. Choose a generator of texts, denoising-transformer."
    ),
    (
      "teacher: {model: bert, weights: t}\ngenerator: {model: denoising-transformer, weights: g}\n"
        + "explore: {kind: zero, box: true}\n",
      "r.yaml:7:28: 'explore.box' is for codes of pictures; texts have states for each token. Take it away."
    ),
    (
      "teacher: {model: bert, weights: t}\ngenerator: {model: denoising-transformer, weights: g}\n"
        + "explore: {kind: zero, replay: {size: 8}}\n",
      "r.yaml:7:31: 'explore.replay' is for codes of pictures; texts have states for each token. Take it away."
    ),
  ]

  private static let generators: [(yaml: String, says: String)] = [
    (
      "{version: 1, name: a, data: fashion-mnist, generator: {model: conv-vae, weights: g}, student: mlp, "
        + "teacher: {model: mlp, weights: t}, losses: [kd], explore: {kind: zero, variants: {every: 2}}}",
      "r.yaml:1:181: 'explore.variants' is for texts, and dataset 'fashion-mnist' has pictures. Take it away."
    ),
    (
      "{version: 1, name: a, data: fashion-mnist, generator: conv-vae, losses: [denoising]}",
      "r.yaml:1:73: loss 'denoising' is of texts; a generator of pictures learns by 'vae'"
    ),
    (
      "{version: 1, name: a, data: fashion-mnist, generator: denoising-transformer}",
      "r.yaml:1:55: model 'denoising-transformer': it reads token ids; the examples are pictures of "
        + "28×28×1. Choose a generator of pictures, such as conv-vae."
    ),
    (
      "{version: 1, name: a, data: {name: text, training: t, test: e, vocabulary: v}, "
        + "generator: denoising-transformer, losses: [vae]}",
      "r.yaml:1:122: loss 'vae' is of pictures; a generator of texts learns by 'denoising'"
    ),
    (
      "{version: 1, name: a, data: {name: text, training: t, test: e, vocabulary: v}, "
        + "generator: denoising-transformer, losses: [{kind: denoising, mask: 0.7, delete: 0.5}]}",
      "r.yaml:1:160: 'mask' and 'delete' together are at most 1, the whole text"
    ),
  ]

  @Test(arguments: generators) func generatorsHaveLossesOfWhatTheyRead(
    _ yaml: String, _ says: String
  ) {
    let error = #expect(throws: RecipeErrors.self) { try Recipe.decode(yaml: yaml, path: "r.yaml") }
    #expect(error?.description == says)
  }

  private static let searching = """
    version: 1
    name: a
    data: {name: text, training: t.tsv, test: e.tsv, vocabulary: v.txt}
    stages:
      - {name: writer, generator: denoising-transformer}
      - name: distil
        teacher: {model: bert, weights: t}
        generator: {from: writer}
        student: bert
        explore: {kind: zero, noise: 0.3, mask: 0.2, sampling: 0.7}

    """

  @Test func aGeneratorOfTextsIsTrainedAndSearchedWith() throws {
    let recipe = try Recipe.decode(yaml: Self.searching, path: "r.yaml")
    #expect(recipe.stages[0].losses == [NamedLoss(DenoisingLoss())])
    let explore = try #require(recipe.stages[1].explore)
    #expect(explore.masked == 0.2 && explore.sampling == 0.7 && explore.noise == 0.3)
    #expect(try Recipe.decode(yaml: recipe.expandedYAML, path: "recipe.yaml") == recipe)
  }

  @Test func aSearchOfOrderOneHasItsKeys() throws {
    let yaml = Self.searching.replacing(
      "{kind: zero, noise: 0.3, mask: 0.2, sampling: 0.7}",
      with:
        "{kind: first, steps: 1, step: {displacement: 0.4}, divergence: jsd, mask: 0.2, sampling: 0.7}"
    )
    let explore = try #require(
      try Recipe.decode(yaml: yaml, path: "r.yaml").stages[1].explore)
    #expect(explore.steps == 1 && explore.step == .displacement(0.4) && explore.sampling == 0.7)
  }

  @Test func variantsHaveTheirKeysAndKeepOneTeachersLogits() throws {
    let yaml = Self.searching.replacing(
      "sampling: 0.7", with: "variants: {count: 3, every: 5}")
    let recipe = try Recipe.decode(yaml: yaml, path: "r.yaml")
    #expect(recipe.stages[1].explore?.variants == Variants(3, every: 5))
    #expect(try Recipe.decode(yaml: recipe.expandedYAML, path: "recipe.yaml") == recipe)
    let key = "bert.encoder.layer.0.attention.self.key"
    let taps = "losses: [{kind: minilm2, heads: 2, taps: [{student: \(key), teacher: \(key)}]}]"
    let error = #expect(throws: RecipeErrors.self) {
      try Recipe.decode(yaml: yaml + "    \(taps)\n", path: "r.yaml")
    }
    #expect(
      error?.description
        == "r.yaml:10:60: 'variants' keeps what one teacher says of examples, which is not all that loss "
        + "'minilm2' needs; take one of both away")
  }

  /// Both say in which steps a search does its work.
  @Test func variantsAndClimbsExcludeEachOther() {
    let yaml = Self.searching.replacing(
      "{kind: zero, noise: 0.3, mask: 0.2, sampling: 0.7}",
      with: "{kind: first, climb: {every: 2}, variants: {every: 2}}")
    let error = #expect(throws: RecipeErrors.self) { try Recipe.decode(yaml: yaml, path: "r.yaml") }
    #expect(
      error?.faults.map { "\($0.reason)" }
        == ["with 'variants' one step in so many searches; take 'climb' away"])
  }

  /// D is of probabilities, which vectors are not.
  @Test func vectorsAreNotClimbedBy() {
    let yaml = Self.searching
      .replacing("{name: text,", with: "{name: text-pairs,").replacing(
        "bert", with: "sentence-bert"
      )
      .replacing("kind: zero", with: "kind: first")
    let error = #expect(throws: RecipeErrors.self) { try Recipe.decode(yaml: yaml, path: "r.yaml") }
    #expect(
      error?.description
        == "r.yaml:10:14: exploration 'first' climbs by a divergence of probabilities, and models of dataset "
        + "'text-pairs' give vectors. Take 'zero' or 'reconstruction'.")
  }

  @Test(arguments: ["zero", "first"]) func tokensOfAnotherVocabularyAreRefused(_ kind: String) {
    let yaml = Self.searching.replacing("kind: zero", with: "kind: \(kind)").replacing(
      "name: distil\n", with: "name: distil\n    data: {vocabulary: w.txt}\n")
    let error = #expect(throws: RecipeErrors.self) { try Recipe.decode(yaml: yaml, path: "r.yaml") }
    #expect(
      error?.description
        == "r.yaml:9:16: what is explored is tokens, which teacher, generator and student must read alike; "
        + "stage 'writer' trains the generator with another 'data.vocabulary' than stage 'distil' has. "
        + "Give both the same.")
  }

  @Test(arguments: faults) func whatIsForPicturesIsRefused(_ more: String, _ says: String) {
    let error = #expect(throws: RecipeErrors.self) {
      try Recipe.decode(yaml: Self.head + more, path: "r.yaml")
    }
    #expect(error?.description == says)
  }

  @Test func theFilesMustBeNamed() {
    let error = #expect(throws: RecipeErrors.self) {
      try Recipe.decode(
        yaml: "{version: 1, name: a, data: text, student: bert}", path: "r.yaml")
    }
    #expect(
      error?.description == """
        r.yaml:1:29: 'data' lacks 'training'
        r.yaml:1:29: 'data' lacks 'vocabulary'
        """)
  }

  @Test func keysRoundTripAndPathsCountByTheirNames() throws {
    let more = "train: {steps: 3}\n"
    let recipe = try Recipe.decode(yaml: Self.head + more, path: "/here/r.yaml")
    let again = try Recipe.decode(yaml: recipe.expandedYAML, path: "recipe.yaml")
    #expect(again == recipe && again.expandedYAML == recipe.expandedYAML)
    #expect(recipe.expandedYAML.contains("training: \"/here/t.tsv\""), "\(recipe.expandedYAML)")
    let elsewhere = try Recipe.decode(yaml: Self.head + more, path: "/there/r.yaml")
    #expect(elsewhere != recipe && elsewhere.sha256 == recipe.sha256)
    for other in ["lowercase: false", "length: 64"] {
      let changed = Self.head.replacing("v.txt", with: "v.txt, \(other)")
      #expect(try Recipe.decode(yaml: changed, path: "/here/r.yaml").sha256 != recipe.sha256)
    }
  }

  @Test func absentFilesAreNoted() throws {
    try SmallTexts.withFolder { home in
      let whole = """
        version: 1
        name: a
        data: {name: text, training: train.tsv, test: test.tsv, vocabulary: vocab.txt}
        student: bert
        """
      #expect(try Recipe.decode(yaml: whole, path: home + "/r.yaml").notes.isEmpty)
      let recipe = try Recipe.decode(
        yaml: whole.replacing("test.tsv", with: "none.tsv"), path: home + "/r.yaml")
      #expect(recipe.notes == ["dataset 'text' reads \(home)/none.tsv, which is not there"])
    }
    #expect(try Recipe.load("text-kd").notes.count == 3)
  }
}
