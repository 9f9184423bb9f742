import RetortFormats
import RetortRecipes

/// What the weights that a recipe takes from files looked like when its run began: `weights.json`, an
/// object of SHA-256 hashes by path.
struct WeightDigests {
  private let digests: [(path: String, hash: String)]

  /// The hashes of the files as they are now.
  ///
  /// - Throws: `FormatError` for a file that cannot be read, `ModelLocationError`.
  init(of recipe: Recipe) throws {
    var found: [(path: String, hash: String)] = []
    for stage in recipe.stages {
      for (role, player) in stage.players {
        for case .file(let path) in player.parts.map(\.source) {
          let file = try ModelLocation.weights(path, for: role)
          guard !found.contains(where: { $0.path == file }) else { continue }
          found.append((file, SHA256.hexadecimal(try FileBytes.read(file))))
        }
      }
    }
    digests = found
  }

  /// Keeps them in `folder`, if there are any.
  ///
  /// - Throws: `FormatError` if the disk refuses.
  func write(to folder: RunFolder) throws(FormatError) {
    guard !digests.isEmpty else { return }
    let json = JSONValue.object(digests.map { .init($0.path, .string($0.hash)) })
    try folder.write(json.text + "\n", to: Self.name)
  }

  /// The first file that is not what it was when the run in `folder` began; nil if all are.
  ///
  /// - Throws: `FormatError` if what was kept is damaged.
  func changed(since folder: RunFolder) throws(FormatError) -> String? {
    let path = folder.file(Self.name)
    guard FileBytes.isReadable(path) else { return nil }
    let kept = try JSONValue.read(path, limit: 1 << 20)
    return digests.first { kept[$0.path]?.string != $0.hash }?.path
  }

  private static let name = "weights.json"
}
