extension RecipeNode {
  /// Keys of which a map has one at most: a new one takes an old one's place.
  private static let alternatives: [[String]] = [
    ["steps", "epochs"], ["labelled", "long-tail", "step-imbalance"],
    ["displacement", "normalised", "plain"],
  ]

  /// Keys whose other value makes the rest of the old map meaningless.
  private static let identities = ["kind", "model", "from"]

  /// This value with `overlay` laid over it: maps merge key by key, a null removes a key, anything
  /// else replaces.
  ///
  /// A block that names another kind, model or source starts anew.
  func merged(with overlay: RecipeNode) -> RecipeNode {
    guard var result = entries, let new = overlay.entries else { return overlay }
    if startsAnew(overlay) { return overlay }
    for entry in new {
      result.removeAll { Self.excludes(entry.key, $0.key) }
      let index = result.firstIndex { $0.key == entry.key }
      switch (entry.value.content, index) {
      case (.null, let index?): result.remove(at: index)
      case (.null, nil): break
      case (_, let index?):
        result[index].value = result[index].value.merged(with: entry.value)
        result[index].place = entry.place
      case (_, nil): result.append(entry)
      }
    }
    return RecipeNode(place: overlay.place, content: .map(result))
  }

  /// Whether `key` takes the place of `other`.
  static func excludes(_ key: String, _ other: String) -> Bool {
    key != other && alternatives.contains { $0.contains(key) && $0.contains(other) }
  }

  private func startsAnew(_ overlay: RecipeNode) -> Bool {
    Self.identities.contains { key in
      guard let new = overlay[key] else { return false }
      return self[key]?.text != new.text
    }
  }
}
