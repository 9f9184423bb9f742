/// The index of weights that were saved in several files: `model.safetensors.index.json`, or
/// `pytorch_model.bin.index.json`, as Hugging Face's `transformers` writes it.
package struct SafetensorsIndex {
  /// The name of the index in a folder of weights.
  package static let name = "model.safetensors.index.json"

  /// The paths of the files, in order, each once.
  package let files: [String]
  private let path: String
  private let fileOf: [(tensor: String, file: String)]

  /// Whether the file at `path` is an index rather than weights.
  package static func isIndex(_ path: String) -> Bool { path.hasSuffix(".index.json") }

  /// Reads an index; its files lie in its own folder.
  ///
  /// - Throws: `FormatError` for a file that is missing or damaged, or that names files of other folders.
  package init(_ path: String) throws(FormatError) {
    let json = try JSONValue.read(path, limit: 1 << 26)
    guard let map = json["weight_map"]?.members, !map.isEmpty else {
      throw FormatError(path, .missingKey("weight_map"))
    }
    let above = FilePath.folder(of: path)
    var fileOf: [(tensor: String, file: String)] = []
    for entry in map {
      guard let name = entry.value.string, !name.contains("/"),
        name.hasSuffix(".safetensors") || name.hasSuffix(".bin")
      else {
        throw FormatError(
          path, in: "weight_map, '\(entry.key)'",
          .wrongType(
            expected: "the name of a file of weights beside it", found: entry.value.text))
      }
      fileOf.append((entry.key, above.isEmpty ? name : "\(above)/\(name)"))
    }
    (self.path, self.fileOf) = (path, fileOf)
    files = Set(fileOf.map(\.file)).sorted()
  }

  /// Makes sure that `file` holds all the tensors that the index says it holds.
  ///
  /// - Throws: `FormatError` naming a tensor that is missing.
  package func check(_ file: Safetensors) throws(FormatError) {
    let names = Set(file.names)
    for (tensor, holder) in fileOf where holder == file.path && !names.contains(tensor) {
      throw FormatError(path, in: "weight_map, '\(tensor)'", .missingTensor(nearest: []))
    }
  }
}
