import Retort

/// Runs a bundled recipe, or the one in a file, into a new folder; returns what each stage came to.
func runRecipe(
  _ name: String, overrides: [String] = [], on backend: any Backend, into folder: String
) throws -> [StageResult] {
  let recipe = try Recipe.load(name, overrides: overrides)
  return try RecipeRunner(recipe, on: backend, into: folder).run()
}
