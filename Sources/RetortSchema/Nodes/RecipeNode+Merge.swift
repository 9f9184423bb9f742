extension RecipeNode {
  /// This value with `overlay` laid over it: maps merge key by key, a null removes a key, anything
  /// else replaces.
  ///
  /// A map that names another kind, model or source starts anew.
  ///
  /// - Parameter info: What is known of maps in this place; nil where that is nothing.
  package func merged(with overlay: RecipeNode, _ info: MapInfo?) -> RecipeNode {
    guard let base = entries, let new = overlay.entries else { return overlay }
    if startsAnew(with: overlay, info) { return overlay }
    var result: [Entry?] = base
    var places = Dictionary(base.enumerated().map { ($1.key, $0) }) { first, _ in first }
    func remove(_ key: String) {
      if let place = places.removeValue(forKey: key) { result[place] = nil }
    }
    for entry in new {
      guard entry.value.content != .null else {
        remove(entry.key)
        continue
      }
      // Rivals that stand side by side are left for whoever reads the map to refuse.
      for rival in info?[entry.key]?.alternatives ?? [] where overlay[rival] == nil {
        remove(rival)
      }
      guard let place = places[entry.key], let old = result[place] else {
        places[entry.key] = result.count
        result.append(entry)
        continue
      }
      result[place] = Entry(
        key: old.key, place: entry.place,
        value: old.value.merged(with: entry.value, info?.inner(entry.key)))
    }
    return RecipeNode(place: overlay.place, content: .map(result.compactMap(\.self)))
  }

  /// Whether a value of this map at `path` is still there after merging with `overlay`.
  ///
  /// - Parameter info: What is known of maps in this place; nil where that is nothing.
  package func keeps(
    _ path: ArraySlice<String>, below overlay: RecipeNode, _ info: MapInfo?
  ) -> Bool {
    guard let part = path.first, let base = entries, let new = overlay.entries,
      !startsAnew(with: overlay, info),
      !new.contains(where: {
        $0.value.content != .null && info?[$0.key]?.alternatives.contains(part) == true
      })
    else { return false }
    guard let inner = new.first(where: { $0.key == part })?.value else { return true }
    guard let own = base.first(where: { $0.key == part })?.value else { return false }
    return path.count > 1 && own.keeps(path.dropFirst(), below: inner, info?.inner(part))
  }

  /// The map with `value` under `key`, in place of what `key` is an alternative to; other values
  /// become such a map.
  ///
  /// A null leaves alternatives alone.
  package func setting(
    _ key: String, _ value: RecipeNode, at place: RecipeFault.Place, _ info: MapInfo?
  ) -> RecipeNode {
    let rivals = info?[key]?.alternatives ?? []
    var entries = (entries ?? []).filter {
      value.content == .null || !rivals.contains($0.key)
    }
    if let index = entries.firstIndex(where: { $0.key == key }) {
      entries[index].value = value
    } else {
      entries.append(Entry(key: key, place: place, value: value))
    }
    return RecipeNode(place: self.place, content: .map(entries))
  }

  /// This value with keys called by their names instead of aliases, and maps in place of the words that
  /// may stand for them.
  package func normalized(_ info: MapInfo?) -> RecipeNode {
    guard let info else { return self }
    switch content {
    case .scalar:
      guard let key = info.shorthand else { return self }
      return RecipeNode(
        place: place, content: .map([Entry(key: key, place: place, value: self)]))
    case .map(let entries):
      return RecipeNode(
        place: place,
        content: .map(
          entries.map { entry in
            let key = info.name(of: entry.key)
            // Where both spellings stand, the alias stays and is refused.
            let isFree = key == entry.key || !entries.contains { $0.key == key }
            return Entry(
              key: isFree ? key : entry.key, place: entry.place,
              value: entry.value.normalized(info.inner(key)))
          }))
    case .list(let elements):
      return RecipeNode(place: place, content: .list(elements.map { $0.normalized(info) }))
    case .null: return self
    }
  }

  /// Whether `overlay` names another kind, model or source, so that nothing of this map remains.
  private func startsAnew(with overlay: RecipeNode, _ info: MapInfo?) -> Bool {
    let identities = info?.identities ?? []
    // What is of no kind yet takes any.
    guard identities.contains(where: { self[$0] != nil || info?[$0]?.defaultText != nil }) else {
      return false
    }
    return identities.contains { identity in
      guard let new = overlay[identity] else { return false }
      guard let old = self[identity] else { return new.text != info?[identity]?.defaultText }
      return new.text != old.text
    }
  }
}

extension MapInfo {
  /// The name of the key that a recipe calls `word`: itself unless that is an alias.
  package func name(of word: String) -> String {
    keys.first { $0.name != word && $0.aliases.contains(word) }?.name ?? word
  }
}
