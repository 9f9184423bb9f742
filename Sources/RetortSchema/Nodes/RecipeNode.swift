/// An untyped value of a recipe, with its place.
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
    /// `isPlain` is true for text without quotes, which may be a number or a Boolean.
    case scalar(String, isPlain: Bool)
    case list([RecipeNode])
    case map([Entry])
  }

  package var place: RecipeFault.Place
  package var content: Content

  package init(place: RecipeFault.Place, content: Content) {
    (self.place, self.content) = (place, content)
  }

  /// The value of `key`; nil unless this is a map that has one other than null.
  package subscript(key: String) -> RecipeNode? {
    guard let value = entries?.first(where: { $0.key == key })?.value else { return nil }
    return value.content == .null ? nil : value
  }

  /// The entries; nil unless this is a map.
  package var entries: [Entry]? {
    guard case .map(let entries) = content else { return nil }
    return entries
  }

  /// The elements; nil unless this is a list.
  package var elements: [RecipeNode]? {
    guard case .list(let elements) = content else { return nil }
    return elements
  }

  /// The text; nil unless this is a scalar.
  package var text: String? {
    guard case .scalar(let text, _) = content else { return nil }
    return text
  }

  /// The value in words, for messages.
  package var kind: String {
    switch content {
    case .null: "nothing"
    case .scalar(let text, _): "'\(text)'"
    case .list: "a list"
    case .map: "a map"
    }
  }

  /// The map without `keys`; other values unchanged.
  package func removing(_ keys: [String]) -> RecipeNode {
    guard let entries else { return self }
    return RecipeNode(place: place, content: .map(entries.filter { !keys.contains($0.key) }))
  }

  /// The map with only `keys`; other values unchanged.
  package func keeping(_ keys: [String]) -> RecipeNode {
    guard let entries else { return self }
    return RecipeNode(place: place, content: .map(entries.filter { keys.contains($0.key) }))
  }

  /// The value at `path`, whose parts are keys and list indices; nil if there is none or it is null.
  package func value(at path: ArraySlice<String>) -> RecipeNode? {
    guard let part = path.first else { return self }
    guard let elements else { return self[part]?.value(at: path.dropFirst()) }
    guard let index = Int(part), elements.indices.contains(index) else { return nil }
    return elements[index].value(at: path.dropFirst())
  }

  /// Whether there is a null on the way along `path` or at its end.
  package func hasNull(along path: ArraySlice<String>) -> Bool {
    if content == .null { return true }
    guard let part = path.first,
      let inner = entries?.first(where: { $0.key == part })?.value
    else { return false }
    return inner.hasNull(along: path.dropFirst())
  }

  /// The values within this one that are not maps, with their paths; a list counts as one value.
  package var leaves: [(path: [String], node: RecipeNode)] {
    guard let entries else { return [([], self)] }
    return entries.flatMap { entry in
      entry.value.leaves.map { ([entry.key] + $0.path, $0.node) }
    }
  }
}
