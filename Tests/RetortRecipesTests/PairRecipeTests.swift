import RetortSchema
import RetortTestSupport
import Testing

@testable import RetortDistillation
@testable import RetortRecipes

/// Recipes on pairs of texts: models of vectors, their losses, and layers taken from a deeper model.
@Suite struct PairRecipeTests {
  private static let head = """
    version: 1
    name: a
    data: {name: text-pairs, training: t.tsv, test: e.tsv, vocabulary: v.txt}

    """

  private static let faults: [(more: String, says: [String])] = [
    (
      "student: bert\n",
      [
        "r.yaml:4:10: model 'bert' gives logits, but dataset 'text-pairs' has pairs of texts; take a model "
          + "that gives vectors, such as sentence-bert"
      ]
    ),
    (
      "student: sentence-bert\nlosses: [cross-entropy]\n",
      [
        "r.yaml:5:10: loss 'cross-entropy' is of logits, but models of dataset 'text-pairs' give vectors; take "
          + "'embedding' or 'contrastive'"
      ]
    ),
    (
      "student: sentence-bert\nlosses: [embedding]\n",
      ["r.yaml:5:10: loss 'embedding' of stage 'a' needs a teacher. Add it."]
    ),
    (
      "student: sentence-bert\nteachers:\n  - {name: x, model: sentence-bert, weights: x}\n"
        + "  - {name: y, model: sentence-bert, weights: y}\nlosses: [embedding]\n",
      ["r.yaml:5:1: vectors are no probabilities; say 'combine: logits' for the mean of vectors"]
    ),
    (
      "student: {model: sentence-bert, layers: 2, weights: w, keep-layers: [0, 2, 4]}\n",
      ["r.yaml:4:69: 'keep-layers' names 3 layers, but 'layers' of 'student' is 2"]
    ),
    (
      "student: {model: sentence-bert, keep-layers: [0, 2]}\n",
      [
        "r.yaml:4:33: 'keep-layers' in 'student' means nothing with no 'weights'; it goes with 'weights' of a "
          + "deeper model"
      ]
    ),
  ]

  @Test(arguments: faults) func whatDoesNotFitIsRefused(_ more: String, _ says: [String]) {
    let error = #expect(throws: RecipeErrors.self) {
      try Recipe.decode(yaml: Self.head + more, path: "r.yaml")
    }
    #expect(error?.description == says.joined(separator: "\n"))
  }

  @Test func vectorsAreNotForClasses() {
    let error = #expect(throws: RecipeErrors.self) {
      try Recipe.decode(
        yaml: Self.head.replacing("text-pairs", with: "text")
          + "student: sentence-bert\nlosses: [contrastive]\n", path: "r.yaml")
    }
    #expect(
      error?.description == """
        r.yaml:4:10: model 'sentence-bert' gives vectors, but dataset 'text' has classes; take a classifier, \
        or pairs of texts
        r.yaml:5:10: loss 'contrastive' is of vectors, but models of dataset 'text' give logits; take \
        'cross-entropy' or 'kd'
        """)
  }

  @Test func usualLossesAreThoseOfVectors() throws {
    let alone = try Recipe.decode(yaml: Self.head + "student: sentence-bert\n", path: "r.yaml")
    #expect(alone.stages[0].losses.map(\.kind) == ["contrastive"])
    let taught = try Recipe.decode(
      yaml: Self.head
        + "teacher: {model: sentence-bert, weights: w}\nstudent: sentence-bert\n", path: "r.yaml")
    #expect(taught.stages[0].losses.map(\.kind) == ["contrastive", "embedding"])
    #expect(taught.notes.contains { $0.contains("from pairs (contrastive) and from the teacher") })
    let mutual = try Recipe.decode(
      yaml: Self.head + "scheme: mutual\nstudents: [{name: x, model: sentence-bert}, "
        + "{name: y, model: sentence-bert}]\n", path: "r.yaml")
    #expect(mutual.stages[0].losses.map(\.kind) == ["contrastive", "embedding"])
  }

  @Test func pairsFromElsewhereAreNotDrawn() {
    let error = #expect(throws: RecipeErrors.self) {
      try Recipe.decode(
        yaml:
          "{version: 1, name: a, student: sentence-bert, data: {name: debian-descriptions, file: f, "
          + "vocabulary: v, test: q.tsv, test-pairs: 7}}", path: "r.yaml")
    }
    #expect(
      error?.description
        == "r.yaml:1:118: 'test-pairs' in 'data' means nothing with a 'test' of other pairs; "
        + "it goes with descriptions to be measured on")
  }

  private static let searching =
    head + """
      stages:
        - {name: writer, generator: denoising-transformer}
        - name: distil
          teacher: {model: sentence-bert, weights: t}
          generator: {from: writer}
          student: sentence-bert
          losses: [embedding, {kind: retrieval, temperature: 0.1, symmetric: true}]
          explore: {kind: zero, mask: 0.3, texts: queries}

      """

  @Test func queriesAloneAreSought() throws {
    let recipe = try Recipe.decode(yaml: Self.searching, path: "/here/r.yaml")
    #expect(recipe.stages[1].explore?.texts == .queries)
    let again = try Recipe.decode(yaml: recipe.expandedYAML, path: "recipe.yaml")
    #expect(again == recipe && recipe.expandedYAML.contains("texts: queries"))
    let error = #expect(throws: RecipeErrors.self) {
      try Recipe.decode(
        yaml: Self.searching.replacing(
          "    teacher:", with: "    data: {vocabulary: w.txt}\n    teacher:"), path: "r.yaml")
    }
    #expect(
      error?.description.contains("trains the generator with another 'data.vocabulary'") == true)
  }

  @Test func onlyPairsHaveQueries() {
    let error = #expect(throws: RecipeErrors.self) {
      try Recipe.decode(
        yaml: """
          version: 1
          name: a
          data: {name: text, training: t.tsv, test: e.tsv, vocabulary: v.txt}
          student: bert
          teacher: {model: bert, weights: t}
          generator: {model: denoising-transformer, weights: g}
          explore: {kind: zero, texts: queries}
          """, path: "r.yaml")
    }
    #expect(
      error?.description
        == "r.yaml:7:30: 'explore.texts' chooses among the texts of pairs, which the examples of "
        + "dataset 'text' are not. Take it away.")
  }

  @Test func keysRoundTrip() throws {
    let recipe = try Recipe.decode(
      yaml: Self.head + """
        teacher: {model: sentence-bert, weights: w, layers: 6}
        student: {model: sentence-bert, layers: 2, weights: w, keep-layers: [0, 5]}
        losses: [{kind: embedding, distance: squared}, {kind: rkd, angle: 0}, {kind: contrastive, \
        temperature: 0.1, symmetric: true}, similarity]

        """, path: "/here/r.yaml")
    #expect(recipe.stages[0].student?.keptLayers == [0, 5])
    let again = try Recipe.decode(yaml: recipe.expandedYAML, path: "recipe.yaml")
    #expect(again == recipe && again.expandedYAML == recipe.expandedYAML)
    let packages = try Recipe.decode(
      yaml: """
        {version: 1, name: a, student: sentence-bert,
         data: {name: debian-descriptions, file: f, vocabulary: v, test-pairs: 7, length: 32}}
        """, path: "/here/r.yaml")
    #expect(try Recipe.decode(yaml: packages.expandedYAML, path: "recipe.yaml") == packages)
    #expect(packages.expandedYAML.contains("test-pairs: 7"))
    let elsewhere = try Recipe.decode(
      yaml: """
        {version: 1, name: a, student: sentence-bert,
         data: {name: debian-descriptions, file: f, vocabulary: v, test: /pod}}
        """, path: "/here/r.yaml")
    #expect(try Recipe.decode(yaml: elsewhere.expandedYAML, path: "recipe.yaml") == elsewhere)
    #expect(elsewhere.expandedYAML.contains("test: \"/pod\""))
    #expect(!elsewhere.expandedYAML.contains("test-pairs"))
  }
}
