import RetortModels
import RetortNN

extension [NamedWeights] {
  /// The weights of a model of fewer layers; all weights of an empty choice.
  ///
  /// Those of the layers `kept` are numbered anew in that order, and those of no layer stay. Layers are what names
  /// number, such as `encoder.layer.0.output.dense.weight`.
  ///
  /// - Parameter model: Whose weights they are.
  /// - Throws: `ModelError` for names that number no layers, or several kinds of them, and for a layer that is not
  ///   there.
  func keepingLayers(_ kept: [Int], of model: String) throws(ModelError) -> [NamedWeights] {
    guard !kept.isEmpty else { return self }
    let numbered = compactMap { NumberedName($0.name) }
    guard Set(numbered.map(\.stem)).count == 1 else {
      throw .unfit(
        model: model,
        reason: "its weights number no layers as encoders do; take 'keep-layers' away")
    }
    let layers = Set(numbered.map(\.number))
    if let missing = kept.first(where: { !layers.contains($0) }) {
      throw .unfit(
        model: model,
        reason:
          "'keep-layers' names layer \(missing); its weights have layers \(layers.min() ?? 0) to "
          + "\(layers.max() ?? 0)")
    }
    var found: [NamedWeights] = []
    for entry in self {
      guard let name = NumberedName(entry.name) else {
        found.append(entry)
        continue
      }
      for (place, number) in kept.enumerated() where number == name.number {
        found.append(
          NamedWeights(
            name: "\(name.stem).\(place).\(name.rest)", shape: entry.shape, values: entry.values))
      }
    }
    return found
  }
}

/// A name with a number in it.
private struct NumberedName {
  /// What stands before the number.
  let stem: String
  let number: Int
  /// What stands behind it.
  let rest: String

  /// The parts of `name` around its first number; nil where it has none.
  init?(_ name: String) {
    let words = name.split(separator: ".")
    guard let place = words.firstIndex(where: { Int($0) != nil }), place > 0,
      let number = Int(words[place])
    else { return nil }
    stem = words[..<place].joined(separator: ".")
    rest = words[(place + 1)...].joined(separator: ".")
    self.number = number
  }
}
