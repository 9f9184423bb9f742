import RetortSchema

extension Recipe {
  /// Decodes and checks the recipe that a YAML text describes.
  ///
  /// - Parameters:
  ///   - yaml: The text.
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
    guard StageLayers.count(in: node) <= StageLayers.limit else {
      throw RecipeErrors([
        RecipeFault(.whole(source.path), .tooMany("stages and variants", limit: StageLayers.limit))
      ])
    }
    let faults = FaultList()
    for fault in StageLayers.faults(of: node, in: source.path) {
      faults.add(fault.place, fault.reason)
    }
    let wrong = apply(overrides, to: &node)
    do throws(RecipeErrors) {
      let recipe = try RecipeDecoder.decode(node, faults)
      guard wrong.isEmpty else { throw RecipeErrors(wrong) }
      return recipe
    } catch {
      throw RecipeErrors(error.faults + wrong.filter { !error.faults.contains($0) })
    }
  }

  /// Applies overrides in order, but for those that are at fault; returns the faults.
  private static func apply(_ texts: [String], to node: inout RecipeNode) -> [RecipeFault] {
    var effects: [OverrideEffect] = []
    var faults: [RecipeFault] = []
    for text in texts {
      do throws(RecipeErrors) {
        let effect = try OverrideEffect(RecipeOverride(text), on: node)
        if let fault = effect.fault {
          faults.append(fault)
        } else {
          effects.append(effect)
          node = effect.after
        }
      } catch {
        faults += error.faults
      }
    }
    for effect in effects where effect.isReplaced(in: node) {
      faults.append(RecipeFault(effect.override.place, .replacedOverride))
    }
    return faults
  }
}
