import RetortFormats
import RetortSchema
import Testing

@testable import RetortRecipes

/// The JSON Schema of recipes: every key, and no recipe of ours that it refuses.
@Suite struct RecipeSchemaTests {
  @Test func everyKeyIsThereWithItsValues() {
    let properties = RecipeSchema.json["properties"]?.members ?? []
    let names = RecipeKeys.recipe.keys.flatMap { [$0.name] + $0.aliases }
    #expect(properties.map(\.key) == names)
    let train = alternatives("train")
    let batch = train.compactMap { $0["properties"]?["batch"] }.first
    #expect(batch?["default"]?.int == 128)
    let values = batch?["anyOf"]?.array
    #expect(values?.first?["maximum"]?.int == 1_000_000)
    #expect(values?.last?["type"]?.string == "null")
  }

  @Test func aWordMayStandForAMap() {
    let words = alternatives("student").compactMap { $0["enum"]?.array }.joined()
    #expect(words.contains { $0.string == "lenet5-small" })
  }

  @Test(arguments: BundledRecipes.names)
  func bundledRecipesHaveItsKeys(_ name: String) throws {
    let text = try #require(BundledRecipes.text(name))
    check(try RecipeNode.parse(yaml: text) { _, _ in .whole(name) }, [RecipeSchema.json])
  }

  private func alternatives(_ key: String) -> [JSONValue] {
    RecipeSchema.json["properties"]?[key]?["anyOf"]?.array ?? []
  }

  /// Records a fault at every key of `node` that no schema of `alternatives` has.
  private func check(_ node: RecipeNode, _ alternatives: [JSONValue]) {
    for entry in node.entries ?? [] {
      let inner = alternatives.compactMap { $0["properties"]?[entry.key]?["anyOf"]?.array }
      #expect(!inner.isEmpty, "\(entry.key)")
      check(entry.value, Array(inner.joined()))
    }
    for element in node.elements ?? [] {
      check(element, alternatives.compactMap { $0["items"]?["anyOf"]?.array }.flatMap(\.self))
    }
  }
}
