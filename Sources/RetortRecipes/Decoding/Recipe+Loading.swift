extension Recipe {
  /// Decodes and checks the recipe that a YAML text describes.
  ///
  /// - Parameters:
  ///   - path: What messages call the text; relative `extends:` paths start from its folder.
  ///   - overrides: Values to set before checking, such as `losses.1.weight=0.5`.
  /// - Throws: `RecipeErrors` with *every* fault, each with its line and column.
  public static func decode(
    yaml: String, path: String, overrides: [String] = []
  ) throws(RecipeErrors) -> Recipe {
    try decode(RecipeSource(text: yaml, path: path), overrides)
  }

  /// Decodes and checks a recipe file or a bundled recipe.
  ///
  /// - Parameters:
  ///   - name: A path, or the name of a bundled recipe; a file comes first.
  ///   - overrides: Values to set before checking, such as `losses.1.weight=0.5`.
  /// - Throws: `RecipeErrors` with *every* fault, each with its line and column.
  public static func load(
    _ name: String, overrides: [String] = []
  ) throws(RecipeErrors) -> Recipe {
    try decode(RecipeSource(name, at: .whole(name)), overrides)
  }

  private static func decode(
    _ source: RecipeSource, _ overrides: [String]
  ) throws(RecipeErrors) -> Recipe {
    var node = try source.node()
    var faults: [RecipeFault] = []
    for text in overrides {
      do throws(RecipeErrors) {
        node = try RecipeOverride(text: text).applied(to: node)
      } catch {
        faults += error.faults
      }
    }
    do throws(RecipeErrors) {
      let recipe = try RecipeDecoder.decode(node)
      guard faults.isEmpty else { throw RecipeErrors(faults) }
      return recipe
    } catch {
      throw RecipeErrors(error.faults + faults.filter { !error.faults.contains($0) })
    }
  }
}
