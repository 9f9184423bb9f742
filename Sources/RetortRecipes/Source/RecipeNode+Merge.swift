extension RecipeNode {
  /// Keys of which a map has one at most: a new one takes an old one's place.
  private static let alternatives: [[String]] = [
    ["steps", "epochs"], ["labelled", "long-tail", "step-imbalance"],
    ["displacement", "normalised", "plain"], ["steps", "seconds"], ["clip-norm", "clip-value"],
  ]

  /// The keys of the map under `key` whose other value makes the rest of the old map meaningless.
  private static func identities(of key: String?) -> [String] {
    StageSpec.Player.allCases.contains { $0.rawValue == key } ? ["model", "from"] : ["kind"]
  }

  /// This value with `overlay` laid over it: maps merge key by key, a null removes a key, anything
  /// else replaces.
  ///
  /// A block that names another kind, model or source starts anew.
  ///
  /// - Parameter key: The key that both values stand under; nil for whole recipes and stages.
  func merged(with overlay: RecipeNode, under key: String? = nil) -> RecipeNode {
    guard var result = entries, let new = overlay.entries else { return overlay }
    if startsAnew(with: overlay, under: key) { return overlay }
    for entry in new {
      if entry.value.content != .null { result.removeAll { Self.excludes(entry.key, $0.key) } }
      let index = result.firstIndex { $0.key == entry.key }
      switch (entry.value.content, index) {
      case (.null, let index?): result.remove(at: index)
      case (.null, nil): break
      case (_, let index?):
        result[index].value = result[index].value.merged(with: entry.value, under: entry.key)
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

  /// Whether a value of this map at `path` is still there after merging with `overlay`.
  ///
  /// - Parameter key: The key that both maps stand under; nil for whole recipes and stages.
  func keeps(
    _ path: ArraySlice<String>, below overlay: RecipeNode, under key: String? = nil
  ) -> Bool {
    guard let part = path.first, let base = entries, let new = overlay.entries,
      !startsAnew(with: overlay, under: key),
      !new.contains(where: { Self.excludes($0.key, part) && $0.value.content != .null })
    else { return false }
    guard let inner = new.first(where: { $0.key == part })?.value else { return true }
    guard let own = base.first(where: { $0.key == part })?.value else { return false }
    return path.count > 1 && own.keeps(path.dropFirst(), below: inner, under: part)
  }

  /// Whether `overlay` names another kind, model or source, so that nothing of this map remains.
  private func startsAnew(with overlay: RecipeNode, under key: String?) -> Bool {
    Self.identities(of: key).contains { identity in
      guard let new = overlay[identity] else { return false }
      return self[identity]?.text != new.text
    }
  }
}
