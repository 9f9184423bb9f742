extension RecipeNode {
  /// This value merged with `overlay`: maps merge key by key, a null removes a key, and anything else
  /// replaces.
  ///
  /// A map with another kind, model or source replaces this one as a whole.
  ///
  /// - Parameter info: The description of the map; nil if there is none.
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
      // Mutually exclusive keys in the overlay are left for the reader to reject.
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

  /// Whether this map's value at `path` remains after merging with `overlay`.
  ///
  /// - Parameter info: The description of the map; nil if there is none.
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

  /// The map with `value` under `key`, replacing the key's alternatives; other values become such a map.
  ///
  /// A null does not replace alternatives.
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

  /// This value with aliases replaced by the keys' names, and shorthand words by maps.
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
            // If both spellings occur, the alias stays and is rejected.
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

  /// Whether `overlay` has another kind, model or source, which discards this map.
  private func startsAnew(with overlay: RecipeNode, _ info: MapInfo?) -> Bool {
    let identities = info?.identities ?? []
    // A map without a kind accepts any.
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
  /// The name of the key for which a recipe writes `word`: the word itself unless it is an alias.
  package func name(of word: String) -> String {
    keys.first { $0.name != word && $0.aliases.contains(word) }?.name ?? word
  }
}
