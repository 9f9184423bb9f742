import RetortCore
import RetortSchema

/// What is known of the maps of a recipe.
enum RecipeKeys {
  /// The keys at the top of a recipe that are no part of a stage.
  static let own: [KeyInfo] = [
    info("version", .choice(["1"]), "the version of the recipe's language", isRequired: true),
    info("name", .text, "what the run folder is called", isRequired: true),
    info("extends", .text, "a recipe that this one is laid over: a path, or a bundled one's name"),
    info("seed", .seed, "what all randomness of the run depends on", default: "1"),
    info(
      "compute", .choice(ComputeType.allCases.map(\.rawValue)),
      "what products and convolutions multiply in", default: ComputeType.float32.rawValue),
  ]

  /// The keys of a stage.
  static let stage: [KeyInfo] = StageSpec.mapInfo.keys

  /// The key of a stage's or recipe's variants, each a map that is laid over the stage.
  static let variants = info(
    "variants",
    .list(
      MapInfo(keys: [info("name", .text, "unique in its stage", isRequired: true)] + stage)),
    "maps that are laid over the stage, each a stage of its own")

  /// The key of a recipe's stages.
  static let stages = info(
    "stages",
    .list(
      MapInfo(
        keys: [info("name", .text, "unique in the recipe", isRequired: true)] + stage + [variants])),
    "several trainings in order, each with what stands at the top beneath")

  /// A whole recipe.
  static let recipe = MapInfo(keys: own + stage + [stages, variants])

  private static func info(
    _ name: String, _ type: KeyType, _ meaning: String, default text: String? = nil,
    isRequired: Bool = false
  ) -> KeyInfo {
    var info = KeyInfo(name: name, type: type, defaultText: text, meaning: meaning)
    info.isRequired = isRequired
    return info
  }
}
