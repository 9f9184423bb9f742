import RetortData
import RetortDistillation
import RetortModels
import RetortSchema
import RetortTraining

/// Everything that a recipe can say, from the declarations of its keys.
public enum RecipeReference {
  /// The parts of a recipe, then what its parts can be.
  public static let all: [ReferenceEntry] =
    RecipeParts.all
    + entries(.loss, of: LossCatalog.all) { "losses: [{kind: \($0)}]" }
    + entries(.scheme, of: SchemeCatalog.all) { "scheme: {kind: \($0)}" }
    + Exploration.Kind.allCases.map(exploration)
    + entries(.optimizer, of: OptimizerCatalog.all) { "optimizer: {kind: \($0)}" }
    + entries(.schedule, of: ScheduleCatalog.all) { "optimizer: {schedule: {kind: \($0)}}" }
    + Augmentation.explanations.map(augmentation)
    + TrainSpec.Sampling.allCases.map {
      ReferenceEntry(
        kind: .sampling, explanation: $0.explanation, keys: [],
        example: "train: {sampling: \($0.rawValue)}")
    }
    + ModelCatalog.all.map(model)
    + entries(.dataset, of: DatasetCatalog.all) { "data: {name: \($0)}" }

  /// The entries of one kind, in order.
  public static func all(_ kind: ReferenceEntry.Kind) -> [ReferenceEntry] {
    all.filter { $0.kind == kind }
  }

  /// The entry called `name`.
  ///
  /// - Throws: `ReferenceError` with the name that may have been meant.
  public static func entry(_ name: String) throws(ReferenceError) -> ReferenceEntry {
    guard let entry = all.first(where: { $0.name == name }) else {
      throw ReferenceError(name: name, nearest: nearest(to: name, in: all.map(\.name)))
    }
    return entry
  }

  private static func entries<Element>(
    _ kind: ReferenceEntry.Kind, of catalog: Catalog<Element>, example: (String) -> String
  ) -> [ReferenceEntry] {
    catalog.entries.map { entry in
      let needed = entry.keys.filter(\.isRequired).map { ", \($0.name): …" }.joined()
      return ReferenceEntry(
        kind: kind, explanation: entry.explanation, keys: entry.keys,
        example: example(entry.name + needed))
    }
  }

  private static func exploration(_ kind: Exploration.Kind) -> ReferenceEntry {
    var value = Exploration(kind)
    let keys = Exploration.keys.filter { key in
      // Keys of one divergence are keys of the kinds that have divergences.
      if key.name == "beta" { value.divergence = .jensenShannon(beta: 0.5) }
      return key.name != "kind" && value.uses(key.name)
    }
    let infos = keys.flatMap(\.infos).map { info in
      var info = info
      if info.name != "beta" { info.owners = [] }
      return info
    }
    return ReferenceEntry(
      kind: .exploration, explanation: kind.explanation, keys: infos,
      example: "explore: {kind: \(kind.rawValue)}")
  }

  private static func augmentation(_ explanation: Explanation) -> ReferenceEntry {
    let name = explanation.name
    let keys = Augmentation.mapInfo.keys.filter {
      $0.name == name || name == "shift" && $0.name == "padding"
    }
    return ReferenceEntry(
      kind: .augmentation, explanation: explanation, keys: keys,
      example: "augment: {\(name): \(augmentationExamples[name] ?? "4")}")
  }

  private static let augmentationExamples = [
    "flip": "true", "crop": "0.08", "jitter": "{brightness: 0.4, hue: 0.1}", "randaugment": "9",
    "mix-up": "0.2", "cut-mix": "1",
  ]

  private static func model(_ entry: ModelEntry) -> ReferenceEntry {
    let role = Cast.Role.allCases.first { $0.takes(entry.role) }
    return ReferenceEntry(
      kind: .model,
      explanation: Explanation(
        entry.name, entry.summary, "A \(entry.role.rawValue).", source: entry.source),
      keys: entry.options.map(\.info),
      example: role.map { "\($0.rawValue): {model: \(entry.name)}" } ?? "")
  }
}
