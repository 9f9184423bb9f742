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
        + "Take it out."
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
        + "ids. Choose an encoder, such as bert."
    ),
  ]

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
