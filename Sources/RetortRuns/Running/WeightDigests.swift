import RetortData
import RetortFormats
import RetortModels
import RetortRecipes

/// What the files that a recipe names, of weights and of examples, looked like when its run began:
/// `weights.json`, an object of SHA-256 hashes by path.
///
/// That of a folder is of the names and sizes of the pictures below it, that of an archive of its size.
struct WeightDigests {
  private let digests: [(path: String, hash: String)]

  /// The hashes of the files as they are now.
  ///
  /// - Throws: `FormatError` for a file that cannot be read, `ModelLocationError`.
  init(of recipe: Recipe) throws {
    var found: [(path: String, hash: String)] = []
    func add(_ file: String) throws(FormatError) {
      guard !found.contains(where: { $0.path == file }) else { return }
      found.append((file, SHA256.hexadecimal(try FileBytes.read(file))))
    }
    for stage in recipe.stages {
      for file in stage.data.source.files { try add(file) }
      for folder in stage.data.source.folders where !found.contains(where: { $0.path == folder }) {
        found.append((folder, try Self.hash(ofFolder: folder)))
      }
      for model in stage.models {
        if model.spec.isImported {
          for read in try model.spec.builder().files {
            for file in [read.model.path] + read.model.dataFiles { try add(file) }
          }
        }
        guard case .file(let path) = model.spec.source else { continue }
        for file in try ModelLocation.files(of: ModelLocation.weights(path, for: model.role)) {
          try add(file)
        }
      }
    }
    digests = found
  }

  private static func hash(ofFolder path: String) throws(FormatError) -> String {
    var hash = SHA256()
    guard FolderEntries.leadsToFolder(path) else {
      hash.update(Array("\(FileBytes.size(path) ?? 0)\n".utf8))
      return hash.hexadecimal
    }
    for file in try PictureFile.all(below: path) {
      hash.update(Array("\(file.dropFirst(path.count)) \(FileBytes.size(file) ?? 0)\n".utf8))
    }
    return hash.hexadecimal
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
  /// - Throws: `FormatError` if what was kept is damaged, or names files that the recipe does not.
  func changed(since folder: RunFolder) throws(FormatError) -> String? {
    let path = folder.file(Self.name)
    guard FileBytes.isReadable(path) else { return nil }
    let kept = try JSONValue.read(path, limit: 1 << 20)
    if let changed = digests.first(where: { kept[$0.path]?.string != $0.hash }) {
      return changed.path
    }
    let known = Dictionary(uniqueKeysWithValues: digests.map { ($0.path, JSONShape.value) })
    try JSONShape.object(known).check(kept, path: path)
    return nil
  }

  private static let name = "weights.json"
}
