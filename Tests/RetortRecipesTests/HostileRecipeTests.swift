import RetortSchema
import RetortTestSupport
import Testing

@testable import RetortRecipes

/// Recipes that somebody made to take time or to do harm: refused, and soon.
@Suite struct HostileRecipeTests {
  private func faults(_ yaml: String) -> [RecipeFault] {
    do throws(RecipeErrors) {
      _ = try Recipe.decode(yaml: yaml, path: "r.yaml")
      return []
    } catch {
      return error.faults
    }
  }

  /// Time doubles with each of the levels, unless the aliases are counted.
  @Test(arguments: ["\r", "\r\n", "\n", "\u{85}", "\u{2028}", "\u{2029}", " ", "\t"])
  func aliasesAreCountedBehindEverySpace(_ space: String) {
    let levels = (1...40).map { "  - &a\($0) [\(space)*a\($0 - 1),\(space)*a\($0 - 1)]\n" }
    let bomb = "version: 1\nname: x\nbomb:\n  - &a0 {k: v}\n" + levels.joined()
    for yaml in [bomb, bomb + "  - {? *a40\n : 1}\n"] {
      let found = faults(yaml)
      #expect(
        found.map(\.reason) == [.notAllowed("anchors and aliases")], "\(found.map(\.description))")
    }
  }

  @Test func theLineOfAnAliasIsCountedByEveryBreak() {
    let aliases = String(repeating: "*a, ", count: 17)
    for lineBreak in ["\n", "\r", "\r\n"] {
      let found = faults(
        ["version: 1", "name: x", "b: [\(aliases)]", ""].joined(separator: lineBreak))
      #expect(found.map(\.place) == [.file("r.yaml", line: 3, column: 1)])
    }
  }

  /// Stars within words are none, as in lists of what overrides reach.
  @Test func starsInWordsAreNoAliases() throws {
    let words = String(repeating: "stages.*.train a**b 2*3 ", count: 20)
    #expect(
      try Recipe.decode(
        yaml: "version: 1\nname: x\nstudent: {model: mlp} # \(words)\n", path: "r.yaml"
      ).name == "x")
  }

  @Test func moreThanARecipeHasIsRefusedAtOnce() {
    func keys(_ count: Int) -> String { (0..<count).map { "k\($0): 1" }.joined(separator: ", ") }
    let head = "version: 1\nname: x\nstudent: {model: mlp}\n"
    let cases: [(yaml: String, what: String, limit: Int)] = [
      (head + (0..<8000).map { "k\($0): 1\n" }.joined(), "keys in one map", 256),
      (head + "explore: {\(keys(8000))}\n", "keys in one map", 256),
      (
        head + "losses: [" + String(repeating: "a, ", count: 300_000) + "]\n",
        "elements in one list", 1000
      ),
      (
        head + "variants: [" + (0..<1000).map { "{name: a\($0)}, " }.joined() + "{name: b}]\n",
        "elements in one list", 1000
      ),
      (
        head + "stages:\n"
          + (0..<30).map { stage in
            "- {name: s\(stage), variants: [" + (0..<40).map { "{name: a\($0)}, " }.joined()
              + "]}\n"
          }.joined(), "stages and variants", 1000
      ),
    ]
    for (yaml, what, limit) in cases {
      #expect(faults(yaml).map(\.reason) == [.tooMany(what, limit: limit)])
    }
  }

  /// As many unknown keys as there may be, inherited by as many stages as there may be, each of which sets
  /// the whole map anew: each key is told of once.
  @Test(.timeLimit(.minutes(5))) func whatIsAllowedTakesNoLong() {
    let keys = (0..<256).map { "k\($0): {" + (0..<12).map { "l\($0): 1, " }.joined() + "}" }
    let variants = (0..<900).map { "{name: a\($0), explore: {kind: zero}}, " }.joined()
    let yaml = """
      version: 1
      name: x
      student: {model: mlp}
      explore: {\(keys.joined(separator: ",\n "))}
      variants: [\(variants)]

      """
    let found = faults(yaml)
    #expect(found.count { if case .unknownKey = $0.reason { true } else { false } } <= 256)
    #expect(!found.isEmpty)
  }

  /// Neither a word's nearest name nor anything else takes time by the square of its length.
  @Test(.timeLimit(.minutes(5))) func longWordsTakeNoLong() {
    let word = String(repeating: "k", count: 900_000)
    for text in ["losses: [{kind: \(word)}]", "\(word): 1", "student: {model: \(word)}"] {
      #expect(faults("version: 1\nname: x\n\(text)\n").count >= 1)
    }
  }

  @Test func deepNestingIsRefused() {
    for (open, close) in [("[", "]"), ("{a: ", "}"), ("- ", "")] {
      let deep = String(repeating: open, count: 50_000) + String(repeating: close, count: 50_000)
      #expect(!faults("version: 1\nname: x\nb:\n \(deep)\n").isEmpty)
    }
  }
}
