import CRecipes

/// The recipes of `Recipes/`, embedded in the program.
public enum BundledRecipes {
  private static let texts: [(name: String, text: String)] = UnsafeBufferPointer(
    start: retort_bundled_recipes(), count: retort_bundled_recipe_count()
  ).map { (String(cString: $0.name), String(cString: $0.text)) }

  /// Their names, sorted.
  public static var names: [String] { texts.map(\.name).sorted() }

  /// The YAML text of the recipe called `name`, or nil.
  public static func text(_ name: String) -> String? {
    texts.first { $0.name == name }?.text
  }

  /// What the recipe called `name` does: the first sentence of its opening comment.
  public static func summary(_ name: String) -> String {
    let lines = (text(name) ?? "").split(separator: "\n").prefix { $0.hasPrefix("#") }
    let comment = lines.map { $0.drop { $0 == "#" || $0 == " " } }.joined(separator: " ")
    return String(comment.prefix { $0 != "." })
  }
}
