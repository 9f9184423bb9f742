import ArgumentParser
import RetortRecipes
import RetortSchema

/// A recipe with overrides from the command line.
struct RecipeOption: ParsableArguments {
  @Argument(
    help: "A recipe file, or the name of a bundled recipe ('retort list recipes').",
    completion: .recipe)
  var recipe: String

  @Option(
    name: .customLong("set"),
    help: ArgumentHelp(
      "Overrides a value, such as losses.1.weight=0.5 or 'stages.*.train.steps=100'.",
      valueName: "path=value"))
  var overrides: [String] = []

  /// Loads and validates the recipe.
  ///
  /// - Throws: `RecipeErrors` with every fault.
  func load() throws(RecipeErrors) -> Recipe { try Recipe.load(recipe, overrides: overrides) }
}

/// `--json`: output for other programs.
struct JSONOption: ParsableArguments {
  @Flag(help: "Print JSON and nothing else.")
  var json = false

  func validate() { CompilationWatch.shared.isSilent = json }
}
