/// A value of a recipe before it has a type, with the place where it stands.
package struct RecipeNode: Equatable, Sendable {
  /// One key of a map.
  package struct Entry: Equatable, Sendable {
    package var key: String
    package var place: RecipeFault.Place
    package var value: RecipeNode

    package init(key: String, place: RecipeFault.Place, value: RecipeNode) {
      (self.key, self.place, self.value) = (key, place, value)
    }
  }

  package indirect enum Content: Equatable, Sendable {
    case null
    /// `isPlain` where the text stands without quotes and may be a number or a truth value.
    case scalar(String, isPlain: Bool)
    case list([RecipeNode])
    case map([Entry])
  }

  package var place: RecipeFault.Place
  package var content: Content

  package init(place: RecipeFault.Place, content: Content) {
    (self.place, self.content) = (place, content)
  }

  /// The value of `key`, if this is a map that has one that is not null.
  package subscript(key: String) -> RecipeNode? {
    guard let value = entries?.first(where: { $0.key == key })?.value else { return nil }
    return value.content == .null ? nil : value
  }

  /// The entries, if this is a map.
  package var entries: [Entry]? {
    guard case .map(let entries) = content else { return nil }
    return entries
  }

  /// The elements, if this is a list.
  package var elements: [RecipeNode]? {
    guard case .list(let elements) = content else { return nil }
    return elements
  }

  /// The text, if this is a scalar.
  package var text: String? {
    guard case .scalar(let text, _) = content else { return nil }
    return text
  }

  /// What messages call the value.
  package var kind: String {
    switch content {
    case .null: "nothing"
    case .scalar(let text, _): "'\(text)'"
    case .list: "a list"
    case .map: "a map"
    }
  }

  /// The map without `keys`; other values as they are.
  package func removing(_ keys: [String]) -> RecipeNode {
    guard let entries else { return self }
    return RecipeNode(place: place, content: .map(entries.filter { !keys.contains($0.key) }))
  }

  /// The map with `keys` alone; other values as they are.
  package func keeping(_ keys: [String]) -> RecipeNode {
    guard let entries else { return self }
    return RecipeNode(place: place, content: .map(entries.filter { keys.contains($0.key) }))
  }

  /// The value that `path` leads to by keys and places in lists; nil where nothing is, or a null.
  package func value(at path: ArraySlice<String>) -> RecipeNode? {
    guard let part = path.first else { return self }
    guard let elements else { return self[part]?.value(at: path.dropFirst()) }
    guard let index = Int(part), elements.indices.contains(index) else { return nil }
    return elements[index].value(at: path.dropFirst())
  }

  /// Whether a null stands at `path` or above it.
  package func hasNull(along path: ArraySlice<String>) -> Bool {
    if content == .null { return true }
    guard let part = path.first,
      let inner = entries?.first(where: { $0.key == part })?.value
    else { return false }
    return inner.hasNull(along: path.dropFirst())
  }

  /// The paths within this value that lead to something else than a map, and what is there; lists
  /// count as a whole.
  package var leaves: [(path: [String], node: RecipeNode)] {
    guard let entries else { return [([], self)] }
    return entries.flatMap { entry in
      entry.value.leaves.map { ([entry.key] + $0.path, $0.node) }
    }
  }
}
