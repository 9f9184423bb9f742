import RetortSchema
import Yams

extension RecipeNode {
  /// Larger recipes are refused.
  static let byteLimit = 1 << 20
  /// Deeper nesting is refused.
  private static let depthLimit = 32
  /// Maps of more keys are refused: some of what is done with a key takes a look at all of them.
  private static let keyLimit = 256
  /// Longer lists are refused.
  private static let elementLimit = 1000

  /// The value that a YAML text describes.
  ///
  /// - Parameter place: Makes a place of a line and a column.
  /// - Throws: `RecipeErrors` with one fault if the text is not YAML, all that it uses of YAML
  ///   beside maps, lists and scalars if it is.
  static func parse(
    yaml: String, place: (_ line: Int, _ column: Int) -> RecipeFault.Place
  ) throws(RecipeErrors) -> RecipeNode {
    if let line = lineOfManyAliases(yaml) {
      throw RecipeErrors([RecipeFault(place(line, 1), .notAllowed("anchors and aliases"))])
    }
    var faults: [RecipeFault] = []
    var result = RecipeNode(place: place(1, 1), content: .null)
    do {
      let parser = try Yams.Parser(yaml: yaml, resolver: .basic)
      // Nodes know their anchors only as long as the parser lives.
      try withExtendedLifetime(parser) {
        if let node = try parser.singleRoot() { result = convert(node, depth: 0, place, &faults) }
      }
    } catch {
      throw RecipeErrors([fault(error, yaml, place)])
    }
    guard faults.isEmpty else { throw RecipeErrors(faults) }
    return result
  }

  /// The line of the 17th alias, if there are so many.
  ///
  /// A few are found with their places after parsing; many could make the parser compare keys of
  /// exponential size before that. Whatever is not within a word could begin an alias: YAML has more
  /// spaces and line breaks than these bytes tell.
  private static func lineOfManyAliases(_ yaml: String) -> Int? {
    var (line, count) = (1, 0)
    var before = UInt8(ascii: " ")
    for byte in yaml.utf8 {
      if before == UInt8(ascii: "\n") || before == UInt8(ascii: "\r") && byte != UInt8(ascii: "\n")
      {
        line += 1
      }
      if byte == UInt8(ascii: "*"), !isWithinWord(before) { count += 1 }
      if count > 16 { return line }
      before = byte
    }
    return nil
  }

  /// Whether a `*` behind `byte` is a part of a word, as in `stages.*` and `**`.
  private static func isWithinWord(_ byte: UInt8) -> Bool {
    byte < 0x80 && Character(Unicode.Scalar(byte)).isLetter || "0123456789*._/)".utf8.contains(byte)
  }

  private static func convert(
    _ node: Node, depth: Int, _ place: (Int, Int) -> RecipeFault.Place,
    _ faults: inout [RecipeFault]
  ) -> RecipeNode {
    let here = place(node.mark?.line ?? 1, node.mark?.column ?? 1)
    let nothing = RecipeNode(place: here, content: .null)
    // An alias is a copy of its anchor's value: stopping there ends every repetition.
    if node.anchor != nil {
      let fault = RecipeFault(here, .notAllowed("anchors and aliases"))
      if faults.count < 64, !faults.contains(fault) { faults.append(fault) }
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
      guard sequence.count <= elementLimit else {
        faults.append(RecipeFault(here, .tooMany("elements in one list", limit: elementLimit)))
        return nothing
      }
      for (index, element) in sequence.enumerated() where isEmpty(element) {
        let mark = element.mark
        faults.append(
          RecipeFault(place(mark?.line ?? 1, mark?.column ?? 1), .noValue("\(index)")))
      }
      return RecipeNode(
        place: here,
        content: .list(sequence.map { convert($0, depth: depth + 1, place, &faults) }))
    case .mapping(let mapping):
      guard mapping.count <= keyLimit else {
        faults.append(RecipeFault(here, .tooMany("keys in one map", limit: keyLimit)))
        return nothing
      }
      var entries: [Entry] = []
      for (key, value) in mapping {
        let keyPlace = place(key.mark?.line ?? 1, key.mark?.column ?? 1)
        guard let name = key.scalar?.string, key.anchor == nil else {
          faults.append(RecipeFault(keyPlace, .notAllowed("keys that are no words")))
          continue
        }
        if isEmpty(value) { faults.append(RecipeFault(keyPlace, .noValue(name))) }
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

  /// Whether nothing at all stands where a value should.
  private static func isEmpty(_ node: Node) -> Bool {
    node.scalar.map { $0.style == .plain && $0.string.isEmpty } ?? false
  }

  /// The column of the tab that YAML stumbles over in a line: one in its indentation, or else where the
  /// parser stopped.
  private static func tab(in yaml: String, line: Int, column: Int) -> Int? {
    let lines = yaml.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard lines.indices.contains(line - 1) else { return nil }
    let text = Array(lines[line - 1])
    let indentation = text.prefix { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
    if let place = indentation.firstIndex(of: UInt8(ascii: "\t")) { return place + 1 }
    return text.indices.contains(column - 1) && text[column - 1] == UInt8(ascii: "\t")
      ? column : nil
  }

  private static func fault(
    _ error: any Error, _ yaml: String, _ place: (Int, Int) -> RecipeFault.Place
  ) -> RecipeFault {
    switch error as? YamlError {
    case .scanner(let context, let problem, let mark, _),
      .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      if let column = tab(in: yaml, line: mark.line, column: mark.column) {
        return RecipeFault(place(mark.line, column), .tab)
      }
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
