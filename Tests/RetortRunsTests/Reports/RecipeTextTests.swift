import Testing

@testable import RetortRuns

@Suite struct RecipeTextTests {
  private static let text = """
    version: 1
    name: one
    seed: 3
    compute: float32
    stages:
      - name: "a \\"b\\"\\U000000e9"
        data: {name: fashion-mnist}
        losses:
          - {kind: kd, temperature: 4}
          - {kind: cross-entropy}
        train: {steps: 3}
      - name: distil/kd
        student: {model: mlp}

    """

  @Test func stagesHaveTheirEntries() {
    let recipe = RecipeText(Self.text)
    let settings = recipe.settings(of: "a \"b\"é")
    #expect(settings.map(\.key) == ["data", "losses", "train"])
    #expect(settings[1].value == "- {kind: kd, temperature: 4}\n- {kind: cross-entropy}")
    #expect(recipe.settings(of: "distil/kd").map(\.value) == ["{model: mlp}"])
    #expect(recipe.settings(of: "none").isEmpty)
  }

  @Test func keysDifferByWhatIsLearnedAlone() {
    let recipe = RecipeText(Self.text)
    func key(_ old: String, _ new: String) -> String {
      RecipeText(Self.text.replacing(old, with: new)).key(of: "distil/kd")
    }
    #expect(key("seed: 3", "seed: 4") == recipe.key(of: "distil/kd"))
    #expect(key("name: one", "name: two") == recipe.key(of: "distil/kd"))
    // Another stage's entries are its own.
    #expect(key("temperature: 4", "temperature: 8") == recipe.key(of: "distil/kd"))
    #expect(key("float32", "bf16") != recipe.key(of: "distil/kd"))
    #expect(key("mlp", "resnet8") != recipe.key(of: "distil/kd"))
  }

  @Test func whatAModelIsTakenFromBelongsToIt() {
    func key(_ steps: Int, from source: String = "teacher") -> String {
      RecipeText(
        """
        stages:
          - name: teacher
            train: {steps: \(steps)}
          - name: kd
            teacher: {from: \(source), expected-accuracy: 0.8}
            student: {from: kd}
        """
      ).key(of: "kd")
    }
    #expect(key(3) == key(3) && key(3) != key(4))
    #expect(key(3, from: "\"teacher\"").contains("steps: 3"))
    #expect(key(3, from: "none").contains("expected-accuracy"))
  }

  /// The recipes of all teachers of a list belong to it, and where their outputs are kept does not.
  @Test func whatSeveralModelsAreTakenFromBelongsToThem() {
    func key(_ cache: String = "a", _ a: Int = 1, _ b: Int = 2) -> String {
      RecipeText(
        """
        stages:
          - name: a
            train: {steps: \(a)}
          - name: "b c"
            train: {steps: \(b)}
          - name: kd
            cache: \(cache)
            teachers:
              - {name: x, weight: 1, from: a}
              - {name: y, weight: 2, from: "b c"}
        """
      ).key(of: "kd")
    }
    #expect(key() == key("b"))
    #expect(key() != key("a", 3) && key() != key("a", 1, 3))
  }

  @Test func anyTextIsTakenApart() {
    for text in [
      "", "\r\n", "stages:", "stages:\n  - name:", "stages:\n    : x", "  - name: \"\\U\"",
    ] {
      #expect(RecipeText(text).settings(of: "x").isEmpty)
    }
    #expect(RecipeText("stages:\r\n  - name: a\r\n    data: b\r\n").settings(of: "a").count == 1)
  }

  @Test func differencesAreShownWithWhatIsAround() throws {
    let lines = (0..<10).map { "line \($0)" }
    var changed = lines
    changed[5] = "line {five, 5}"
    let found = try #require(
      RecipeDifference.lines(lines.joined(separator: "\n"), changed.joined(separator: "\n")))
    #expect(
      found == [
        .skipped(3), .same("line 3"), .same("line 4"),
        .removed([.init(text: "line 5", isChanged: false)]),
        .added([
          .init(text: "line ", isChanged: false), .init(text: "{five, ", isChanged: true),
          .init(text: "5", isChanged: false), .init(text: "}", isChanged: true),
        ]), .same("line 6"), .same("line 7"), .skipped(2),
      ])
  }

  @Test func whatIsAddedOrRemovedIsWhole() throws {
    #expect(
      try #require(RecipeDifference.lines("a\nb", "a\nc\nb")) == [
        .same("a"), .added([.init(text: "c", isChanged: false)]), .same("b"),
      ])
    #expect(
      try #require(RecipeDifference.lines("a\nb", "b")) == [
        .removed([.init(text: "a", isChanged: false)]), .same("b"),
      ])
    let long = (0..<5000).map { "\($0)" }.joined(separator: "\n")
    #expect(RecipeDifference.lines(long, long.replacing("1", with: "x")) == nil)
    #expect(RecipeDifference.lines(long, long + "\nend")?.count == 4)
  }
}
