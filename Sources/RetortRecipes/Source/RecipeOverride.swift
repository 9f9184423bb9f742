import RetortSchema

/// One `PATH=VALUE` of the command line, such as `losses.1.weight=0.5`.
struct RecipeOverride {
  /// As it was typed.
  let text: String
  /// Keys, places of elements counted from 0, names of elements, or `*` for all elements of a list.
  let path: [String]
  /// What stands behind the `=`, as it was typed.
  let valueText: String
  /// What is set; null takes a key away.
  let value: RecipeNode

  /// Keys whose values are lists.
  private static let lists = ["stages", "variants", "losses"]

  /// - Throws: `RecipeErrors` if the text is no override or has no value.
  init(_ text: String) throws(RecipeErrors) {
    func fault(_ reason: RecipeFault.Reason) -> RecipeErrors {
      RecipeErrors([RecipeFault(.override(text), reason)])
    }
    guard let equals = text.firstIndex(of: "="), equals != text.startIndex else {
      throw fault(.malformedOverride)
    }
    path = text[..<equals].split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard path.allSatisfy({ !$0.isEmpty }) else { throw fault(.malformedOverride) }
    (self.text, valueText) = (text, String(text[text.index(after: equals)...]))
    value = try RecipeNode.parse(yaml: valueText) { _, _ in .override(text) }
    let word = valueText.filter { !$0.isWhitespace }
    guard value.content != .null || word == "null" || word == "~" else {
      throw fault(.noValue(path.joined(separator: ".")))
    }
  }

  /// Where it stands, for messages.
  var place: RecipeFault.Place { .override(text) }

  /// `node` with the value set, and the paths where it now is: keys and places in lists.
  ///
  /// - Throws: `RecipeErrors` if the path leads nowhere.
  func applied(to node: RecipeNode) throws(RecipeErrors) -> (RecipeNode, targets: [[String]]) {
    var targets: [[String]] = []
    return (try set(path[...], in: node, RecipeKeys.recipe, at: [], &targets), targets)
  }

  private func set(
    _ path: ArraySlice<String>, in node: RecipeNode, _ info: MapInfo?, at above: [String],
    _ targets: inout [[String]]
  ) throws(RecipeErrors) -> RecipeNode {
    guard var part = path.first else {
      targets.append(above)
      return value.normalized(info)
    }
    let rest = path.dropFirst()
    if let elements = node.elements {
      var result = elements
      for index in try chosen(part, of: elements) {
        result[index] = try set(
          rest, in: elements[index], info, at: above + ["\(index)"], &targets)
      }
      return RecipeNode(place: node.place, content: .list(result))
    }
    guard node.entries != nil || node.content == .null else {
      throw fault(.unknownPath(part, known: []))
    }
    part = info?.name(of: part) ?? part
    let old = node[part]
    if old == nil, !rest.isEmpty, Self.lists.contains(part) {
      // A recipe of one stage has the stage's keys at its top.
      let inner = part == "stages" ? rest.dropFirst().joined(separator: ".") : ""
      throw fault(inner.isEmpty ? .unknownPath(part, known: []) : .noStages(instead: inner))
    }
    let inner = try set(
      rest, in: old ?? RecipeNode(place: place, content: .null), info?.inner(part),
      at: above + [part], &targets)
    return node.setting(part, inner, at: place, info)
  }

  /// The places of the elements that `part` means.
  private func chosen(
    _ part: String, of elements: [RecipeNode]
  ) throws(RecipeErrors) -> [Int] {
    let names = elements.enumerated().map { $1["name"]?.text ?? "\($0)" }
    let chosen =
      part == "*"
      ? Array(elements.indices)
      : elements.indices.filter { names[$0] == part || "\($0)" == part }
    guard !chosen.isEmpty else { throw fault(.unknownPath(part, known: names)) }
    guard part == "*" || chosen.count == 1 else { throw fault(.ambiguousPath(part)) }
    return chosen
  }

  private func fault(_ reason: RecipeFault.Reason) -> RecipeErrors {
    RecipeErrors([RecipeFault(place, reason)])
  }
}
