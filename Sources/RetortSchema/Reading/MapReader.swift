import RetortFormats

/// A reader of one map's keys with their types and ranges; keys that remain unread are unknown.
package final class MapReader {
  package let node: RecipeNode
  /// The map's name in messages, such as `losses[1]`.
  package let path: String
  package let faults: FaultList
  private var taken: [String] = []
  /// The keys whose values are faulty.
  package private(set) var failed: Set<String> = []

  /// A reader of `node`; a fault is added unless it is a map.
  package init(_ node: RecipeNode, _ path: String, _ faults: FaultList) {
    (self.node, self.path, self.faults) = (node, path, faults)
    if node.entries == nil {
      faults.add(node.place, .wrongType(path, expected: "a map", found: node.kind))
    }
  }

  /// The value of `key`, which is marked as known; nil if there is none.
  package func value(_ key: String) -> RecipeNode? {
    if !taken.contains(key) { taken.append(key) }
    return node[key]
  }

  /// The value of `key`, which is marked as having an effect; nil if there is none.
  private func used(_ key: String) -> RecipeNode? {
    guard let value = value(key) else { return nil }
    faults.use(place(key), name(key))
    return value
  }

  /// A reader of the map under `key`; nil if there is no value.
  package func inner(_ key: String) -> MapReader? {
    used(key).map { MapReader($0, name(key), faults) }
  }

  /// Readers of the maps in the list under `key`; nil if there is none.
  package func elements(_ key: String) -> [MapReader]? {
    list(key, of: "map")?.enumerated().map {
      MapReader($1, "\(name(key))[\($0)]", faults)
    }
  }

  /// The elements of the list under `key`; nil if there is no list or it is empty.
  private func list(_ key: String, of element: String) -> [RecipeNode]? {
    guard let value = used(key) else { return nil }
    guard let elements = value.elements, !elements.isEmpty else {
      faults.add(
        value.place,
        .wrongType(
          name(key), expected: "a list of at least one \(element)",
          found: value.elements == nil ? value.kind : "an empty list"))
      return nil
    }
    return elements
  }

  /// Whether `key` has a value other than null.
  package func has(_ key: String) -> Bool { node[key] != nil }

  /// The name of `key` in messages.
  package func name(_ key: String) -> String { path.isEmpty ? key : "\(path).\(key)" }

  /// The place of the key, or of the map if there is none.
  package func place(_ key: String) -> RecipeFault.Place {
    node.entries?.first { $0.key == key }?.place ?? node.place
  }

  /// The text under `key`; nil if there is none.
  package func text(_ key: String) -> String? {
    guard let value = used(key) else { return nil }
    guard let text = value.text else {
      faults.add(value.place, .wrongType(name(key), expected: "a word", found: value.kind))
      return nil
    }
    return text
  }

  /// The Boolean under `key`; nil if there is none.
  package func bool(_ key: String) -> Bool? {
    guard let value = used(key) else { return nil }
    switch value.content {
    case .scalar("true", isPlain: true): return true
    case .scalar("false", isPlain: true): return false
    default:
      faults.add(
        value.place, .wrongType(name(key), expected: "true or false", found: value.kind))
      return nil
    }
  }

  /// The number under `key`; nil if there is none.
  package func number(_ key: String, _ range: NumberRange) -> Double? {
    used(key).flatMap { number($0, name(key), range) }
  }

  private func number(_ value: RecipeNode, _ name: String, _ range: NumberRange) -> Double? {
    guard case .scalar(let text, isPlain: true) = value.content, let number = Double(text),
      number.isFinite
    else {
      faults.add(value.place, .wrongType(name, expected: "a number", found: value.kind))
      return nil
    }
    guard range.contains(number) else {
      faults.add(value.place, .outOfRange(name, found: text, allowed: range.description))
      return nil
    }
    return number
  }

  /// The file or folder under `key` as an absolute path; nil if there is none.
  ///
  /// A relative path counts from the folder of the recipe that contains it, or from the working directory on
  /// the command line and in bundled recipes. `~` is the user's home.
  package func path(_ key: String) -> String? {
    guard let text = text(key) else { return nil }
    var folder = ""
    if case .file(let recipe, _, _) = value(key)?.place { folder = FilePath.folder(of: recipe) }
    do throws(FormatError) {
      return try FilePath.absolute(text, in: folder)
    } catch {
      faults.add(value(key)?.place ?? node.place, .unreadable(error))
      return nil
    }
  }

  /// The integer under `key`; nil if there is none.
  package func int(_ key: String, _ range: ClosedRange<Int>) -> Int? {
    used(key).flatMap { int($0, name(key), range) }
  }

  /// The integers of the list under `key`; nil if there is none.
  package func ints(_ key: String, _ range: ClosedRange<Int>) -> [Int]? {
    list(key, of: "whole number")?.enumerated().compactMap {
      int($1, "\(name(key))[\($0)]", range)
    }
  }

  /// The numbers of the list under `key`; nil if there is none.
  package func numbers(_ key: String, _ range: NumberRange) -> [Double]? {
    list(key, of: "number")?.enumerated().compactMap {
      number($1, "\(name(key))[\($0)]", range)
    }
  }

  private func int(_ value: RecipeNode, _ name: String, _ range: ClosedRange<Int>) -> Int? {
    guard case .scalar(let text, isPlain: true) = value.content,
      let number = Int(text) ?? Double(text).flatMap(Int.init(exactly:))
    else {
      faults.add(
        value.place, .wrongType(name, expected: "a whole number", found: value.kind))
      return nil
    }
    guard range.contains(number) else {
      faults.add(
        value.place,
        .outOfRange(
          name, found: text, allowed: "from \(range.lowerBound) to \(range.upperBound)"))
      return nil
    }
    return number
  }

  /// The seed under `key`; nil if there is none.
  package func seed(_ key: String) -> UInt64? {
    guard let value = used(key) else { return nil }
    guard case .scalar(let text, isPlain: true) = value.content, let seed = UInt64(text) else {
      faults.add(
        value.place,
        .wrongType(name(key), expected: "a whole number, at least 0", found: value.kind))
      return nil
    }
    return seed
  }

  /// The word under `key`, one of `choices`; nil if there is none or it is another word.
  package func choice(_ key: String, _ choices: [String]) -> String? {
    guard let word = text(key) else {
      if value(key) != nil { failed.insert(key) }
      return nil
    }
    guard choices.contains(word) else {
      failed.insert(key)
      faults.add(
        value(key)?.place ?? node.place,
        .unknownChoice(
          name(key), found: word, choices: choices, nearest: nearest(to: word, in: choices)))
      return nil
    }
    return word
  }

  /// As `choice`, for a required key.
  package func requiredChoice(_ key: String, _ choices: [String]) -> String? {
    require(key)
    if value(key) == nil { failed.insert(key) }
    return choice(key, choices)
  }

  /// Adds a fault if `key` is missing.
  package func require(_ key: String) {
    if value(key) == nil, node.entries != nil {
      faults.add(node.place, .missingKey(key, in: path))
    }
  }

  /// Adds a fault if more than one of `keys` is present.
  package func exclude(_ keys: [String]) {
    let found = keys.filter { value($0) != nil }
    guard found.count > 1 else { return }
    let last = node.entries?.last { found.contains($0.key) }
    faults.add(last?.place ?? node.place, .exclusive(found, in: path))
  }

  /// Records each of `keys` that is present although it has no effect with `kind`, such as `'adam'`.
  ///
  /// It is a fault unless another stage that inherits the key uses it.
  package func misplaced(_ keys: [String], with kind: String, belongTo owners: [String]) {
    for key in keys where value(key) != nil {
      faults.addIdle(
        place(key), name(key), .misplacedKey(key, in: path, kind: kind, belongsTo: owners))
    }
  }

  /// Marks `keys` as known without reading them, where their type is unknown.
  package func pass(over keys: [String]) { for key in keys { _ = value(key) } }

  /// The known key nearest to an unknown one; nil if none is near.
  private func meant(by key: String) -> String? {
    if key == "ensemble", path == "teacher" { return "teachers" }
    let renamed = ["arms": "variants", "order": "kind"][key]
    return renamed.flatMap { taken.contains($0) ? $0 : nil } ?? nearest(to: key, in: taken)
  }

  /// Adds a fault for every key that was not read.
  package func finish() {
    for entry in node.entries ?? [] where !taken.contains(entry.key) {
      // Without this, stages that inherit the map would each search for the nearest name.
      guard faults.isFirst(entry.place, name(entry.key)) else { continue }
      faults.add(
        entry.place,
        .unknownKey(entry.key, in: path, nearest: meant(by: entry.key)))
    }
  }
}
