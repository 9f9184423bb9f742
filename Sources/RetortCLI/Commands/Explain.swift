import ArgumentParser
import RetortFormats
import RetortRecipes
import RetortSchema

/// `retort explain`: the explanation of a recipe's part or a catalog's entry, and its keys.
struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Explains a part of a recipe, a method, a model or a dataset: keys, equation, source.",
    discussion: """
      'retort explain recipe' tells what stands at the top, 'retort explain train' one of its parts, \
      'retort explain kd' a loss, and so on for every name of 'retort list'.
      """)

  @Argument(
    help: "A part such as 'train', or a name of 'retort list'.",
    completion: .list(RecipeReference.all.map(\.name)))
  var name: String
  @OptionGroup var format: JSONOption

  func validate() throws {
    do throws(ReferenceError) {
      _ = try RecipeReference.entry(name)
    } catch {
      throw ValidationError("\(error)")
    }
  }

  func run() throws {
    let entry = try RecipeReference.entry(name)
    guard !format.json else {
      StandardOutput.write(json(entry))
      return
    }
    let article = "aeiou".contains(entry.kind.rawValue.prefix(1)) ? "an" : "a"
    let title = entry.kind == .part ? "\(name)" : "\(name), \(article) \(entry.kind.rawValue)"
    var parts = ["\(title): \(entry.explanation.summary)"]
    if !entry.explanation.discussion.isEmpty { parts.append(wrapped(entry.explanation.discussion)) }
    if !entry.explanation.equation.isEmpty {
      parts.append(entry.explanation.equation.map { "  " + $0 }.joined(separator: "\n"))
    }
    if !entry.keys.isEmpty { parts.append(table(entry.keys)) }
    var facts = entry.example.isEmpty ? [] : ["in a recipe  \(entry.example)"]
    if entry.kind != .part { facts.append("source       \(entry.explanation.source)") }
    parts.append(facts.joined(separator: "\n"))
    StandardOutput.write(parts.joined(separator: "\n\n"))
  }

  private func table(_ keys: [KeyInfo]) -> String {
    var table = TextTable(["key", "default", "values", "meaning"])
    for key in keys {
      table.add(
        key.name, key.isRequired ? "required" : key.defaultText ?? "none", values(key), meaning(key)
      )
    }
    return table.text
  }

  private func values(_ key: KeyInfo) -> String {
    switch key.type {
    case .map(let map):
      part(key.name).map { "a map ('retort explain \($0)')" }
        ?? "a map: " + map.keys.map(\.name).joined(separator: ", ")
    case .list(let map) where map.keys.count <= 4: key.type.allowed
    case .list: "a list of maps"
    case .choice(let words) where words.count > 6: "see 'retort list'"
    case .choiceOrFile(let words, let suffix) where words.count > 6:
      "see 'retort list', or a file '…\(suffix)'"
    default: key.type.allowed
    }
  }

  /// The name under which `retort explain` has the part under a key.
  private func part(_ key: String) -> String? {
    RecipeReference.all(.part).map(\.name).first { $0 == key || $0.hasSuffix("." + key) }
  }

  private func meaning(_ key: KeyInfo) -> String {
    key.owners.isEmpty ? key.meaning : "\(key.meaning) (\(key.owners.joined(separator: ", ")))"
  }

  private func json(_ entry: ReferenceEntry) -> JSONValue {
    let text = entry.explanation
    return .record(
      ("name", .string(entry.name)), ("kind", .string(entry.kind.rawValue)),
      ("summary", .string(text.summary)), ("discussion", .string(text.discussion)),
      ("equation", .array(text.equation.map { .string($0) })),
      (
        "keys",
        .array(
          entry.keys.map {
            .record(
              ("name", .string($0.name)),
              ("default", $0.defaultText.map { .string($0) } ?? .null),
              ("values", .string($0.type.allowed)), ("meaning", .string($0.meaning)),
              ("required", .bool($0.isRequired)),
              ("with", .array($0.owners.map { .string($0) })))
          })
      ), ("example", .string(entry.example)), ("source", .string(text.source)))
  }

  /// `text` in lines of at most 80 characters.
  private func wrapped(_ text: String) -> String {
    var lines = [""]
    for word in text.split(separator: " ") {
      if lines[lines.count - 1].count + word.count + 1 > 80 { lines.append("") }
      lines[lines.count - 1] += (lines[lines.count - 1].isEmpty ? "" : " ") + word
    }
    return lines.joined(separator: "\n")
  }
}
