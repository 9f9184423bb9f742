import Yams

extension RecipeNode {
  /// Larger recipes are refused.
  static let byteLimit = 1 << 20
  /// Deeper nesting is refused.
  private static let depthLimit = 32

  /// The value that a YAML text describes.
  ///
  /// - Parameter place: Makes a place of a line and a column.
  /// - Throws: `RecipeErrors` with one fault if the text is not YAML, all that it uses of YAML
  ///   beside maps, lists and scalars if it is.
  static func parse(
    yaml: String, place: (_ line: Int, _ column: Int) -> RecipeFault.Place
  ) throws(RecipeErrors) -> RecipeNode {
    let node: Node?
    do {
      node = try Yams.compose(yaml: yaml, .basic)
    } catch {
      throw RecipeErrors([fault(error, place)])
    }
    guard let node else { return RecipeNode(place: place(1, 1), content: .null) }
    var faults: [RecipeFault] = []
    let result = convert(node, depth: 0, place, &faults)
    guard faults.isEmpty else { throw RecipeErrors(faults) }
    return result
  }

  private static func convert(
    _ node: Node, depth: Int, _ place: (Int, Int) -> RecipeFault.Place,
    _ faults: inout [RecipeFault]
  ) -> RecipeNode {
    let here = place(node.mark?.line ?? 1, node.mark?.column ?? 1)
    let nothing = RecipeNode(place: here, content: .null)
    // An alias is a copy of its anchor's value: stopping there ends every repetition.
    if node.anchor != nil {
      faults.append(RecipeFault(here, .notAllowed("anchors and aliases")))
      return nothing
    }
    guard depth < depthLimit else {
      faults.append(RecipeFault(here, .notAllowed("more than \(depthLimit) levels")))
      return nothing
    }
    switch node {
    case .scalar(let scalar):
      let isPlain = scalar.style == .plain
      let isNull = isPlain && ["", "~", "null"].contains(scalar.string)
      return RecipeNode(
        place: here, content: isNull ? .null : .scalar(scalar.string, isPlain: isPlain))
    case .sequence(let sequence):
      return RecipeNode(
        place: here,
        content: .list(sequence.map { convert($0, depth: depth + 1, place, &faults) }))
    case .mapping(let mapping):
      var entries: [Entry] = []
      for (key, value) in mapping {
        let keyPlace = place(key.mark?.line ?? 1, key.mark?.column ?? 1)
        guard let name = key.scalar?.string, key.anchor == nil else {
          faults.append(RecipeFault(keyPlace, .notAllowed("keys that are no words")))
          continue
        }
        entries.append(
          Entry(
            key: name, place: keyPlace,
            value: convert(value, depth: depth + 1, place, &faults)))
      }
      return RecipeNode(place: here, content: .map(entries))
    case .alias:
      faults.append(RecipeFault(here, .notAllowed("anchors and aliases")))
      return nothing
    }
  }

  private static func fault(
    _ error: any Error, _ place: (Int, Int) -> RecipeFault.Place
  ) -> RecipeFault {
    switch error as? YamlError {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      let words = [problem, context?.text].compactMap { $0 }.joined(separator: " ")
      return RecipeFault(place(mark.line, mark.column), .notYAML(words))
    case .duplicatedKeysInMapping(let duplicates, let context):
      return RecipeFault(
        place(context.mark.line, context.mark.column),
        .duplicateKey(duplicates.first ?? ""))
    case .reader(let problem, _, _, _):
      return RecipeFault(place(1, 1), .notYAML(problem))
    default: return RecipeFault(place(1, 1), .notYAML("\(error)"))
    }
  }
}
