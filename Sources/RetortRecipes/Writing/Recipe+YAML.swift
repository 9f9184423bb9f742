import RetortFormats
import RetortSchema

extension Recipe {
  /// The recipe with every default written out; reading it gives an equal recipe.
  public var expandedYAML: String {
    let head = [
      "version: 1", "name: \(YAMLText.word(name))", "seed: \(seed)",
      "compute: \(compute.rawValue)", "stages:",
    ]
    return (head + stages.flatMap(\.yamlLines)).joined(separator: "\n") + "\n"
  }

  /// The SHA-256 of the expanded text with files and folders by name alone, and without caches that keep outputs as they
  /// are, which change no result.
  ///
  /// It tells recipes apart that say different things, wherever they and their files lie. What files of
  /// weights hold is told apart by a run's `weights.json`.
  public var sha256: String {
    var recipe = self
    for index in recipe.stages.indices { recipe.stages[index].shortenPaths() }
    return SHA256.hexadecimal(Array(recipe.expandedYAML.utf8))
  }
}

extension StageSpec {
  fileprivate var yamlLines: [String] {
    ["  - name: \(YAMLText.word(name))"]
      + entries.flatMap { entry in
        entry.items.isEmpty
          ? ["    \(entry.key): \(entry.value)"]
          : ["    \(entry.key):"] + entry.items.map { "      - \($0)" }
      }
  }

  /// Reduces each path to its last component, and removes a cache that changes no result.
  fileprivate mutating func shortenPaths() {
    data.source.shortenPaths()
    updateModels { $0.shortenPath() }
    cache = cacheFormat == .float32 ? nil : cache.map(FilePath.name(of:))
  }
}

extension ModelSpec {
  fileprivate mutating func shortenPath() {
    if case .file(let path) = source { source = .file(FilePath.name(of: path)) }
    if isImported { (model, file) = (FilePath.name(of: model), nil) }
    (encoder, generatorFiles) = (encoder.map(FilePath.name(of:)), nil)
  }
}
