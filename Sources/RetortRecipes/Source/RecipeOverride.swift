/// One `PATH=VALUE` of the command line, such as `losses.1.weight=0.5`.
struct RecipeOverride {
  let text: String

  private var place: RecipeFault.Place { .override(text) }

  /// `node` with the value set.
  ///
  /// A part of the path is a key, the place of a list's element counted from 0, the `name` of an
  /// element, or `*` for all elements.
  ///
  /// - Throws: `RecipeErrors` if the text is no override or leads nowhere.
  func applied(to node: RecipeNode) throws(RecipeErrors) -> RecipeNode {
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
      throw fault(.malformedOverride)
    }
    let path = text[..<equals].split(separator: ".", omittingEmptySubsequences: false)
    guard path.allSatisfy({ !$0.isEmpty }) else { throw fault(.malformedOverride) }
    let place = place
    let value = try RecipeNode.parse(yaml: String(text[text.index(after: equals)...])) { _, _ in
      place
    }
    return try set(path.map(String.init)[...], value, in: node)
  }

  private func set(
    _ path: ArraySlice<String>, _ value: RecipeNode, in node: RecipeNode
  ) throws(RecipeErrors) -> RecipeNode {
    guard let part = path.first else { return value }
    let rest = path.dropFirst()
    if let elements = node.elements {
      return RecipeNode(
        place: node.place, content: .list(try set(part, rest, value, in: elements)))
    }
    let old = node[part] ?? RecipeNode(place: place, content: .null)
    guard node.entries != nil || node.content == .null else {
      throw fault(.unknownPath(part, known: []))
    }
    return node.setting(part, try set(rest, value, in: old), at: place)
  }

  private func set(
    _ part: String, _ rest: ArraySlice<String>, _ value: RecipeNode, in elements: [RecipeNode]
  ) throws(RecipeErrors) -> [RecipeNode] {
    var result = elements
    let names = elements.enumerated().map { index, element in
      element["name"]?.text ?? "\(index)"
    }
    let chosen: [Int] =
      if part == "*" {
        Array(elements.indices)
      } else if let index = Int(part), elements.indices.contains(index) {
        [index]
      } else {
        names.firstIndex(of: part).map { [$0] } ?? []
      }
    guard !chosen.isEmpty else { throw fault(.unknownPath(part, known: names)) }
    for index in chosen { result[index] = try set(rest, value, in: elements[index]) }
    return result
  }

  private func fault(_ reason: RecipeFault.Reason) -> RecipeErrors {
    RecipeErrors([RecipeFault(place, reason)])
  }
}
