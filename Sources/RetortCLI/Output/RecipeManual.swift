import RetortRecipes
import RetortSchema

/// The manual page of recipes, retort-recipe(5), in mdoc.
enum RecipeManual {
  /// The page in mdoc.
  static var text: String {
    var lines = head
    for part in RecipeReference.all(.part) { lines += section(part) }
    for kind in ReferenceEntry.Kind.allCases where kind != .part {
      lines.append(".Sh \(title(kind))")
      for entry in RecipeReference.all(kind) { lines += subsection(entry) }
    }
    lines += [".Sh SEE ALSO", ".Xr retort 1"]
    return lines.joined(separator: "\n")
  }

  private static let head = [
    ".Dd $Mdocdate$", ".Dt RETORT-RECIPE 5", ".Os", ".Sh NAME", ".Nm retort-recipe",
    ".Nd what a recipe of retort can say", ".Sh DESCRIPTION",
    "A recipe says in YAML who teaches whom, on what, how and for how long.",
    ".Xr retort 1", "runs it. Each key below has its default and the values that it takes;",
    "\"retort explain NAME\" tells the same of one part, and",
    "\"retort list schema\" prints a JSON Schema for editors.",
  ]

  private static func title(_ kind: ReferenceEntry.Kind) -> String {
    switch kind {
    case .loss: "LOSSES"
    default: kind.rawValue.uppercased() + "S"
    }
  }

  private static func section(_ entry: ReferenceEntry) -> [String] {
    [".Sh \(entry.name.uppercased())"] + body(entry)
  }

  private static func subsection(_ entry: ReferenceEntry) -> [String] {
    [".Ss \(escaped(entry.name))"] + body(entry)
      + ["Source: \(escaped(entry.explanation.source))."]
  }

  private static func body(_ entry: ReferenceEntry) -> [String] {
    var lines = [escaped(sentence(entry.explanation.summary))]
    if !entry.explanation.discussion.isEmpty { lines.append(escaped(entry.explanation.discussion)) }
    if !entry.explanation.equation.isEmpty {
      lines += [".Bd -literal -offset indent"] + entry.explanation.equation.map(escaped) + [".Ed"]
    }
    if !entry.keys.isEmpty {
      lines += [".Bl -tag -width Ds"]
      for key in entry.keys {
        let standard = key.isRequired ? "required" : key.defaultText.map { "default \($0)" }
        let facts = [values(key.type), standard].compactMap(\.self).joined(separator: "; ")
        let owners = key.owners.isEmpty ? "" : " With \(key.owners.joined(separator: ", ")) only."
        lines += [
          ".It Ic \(escaped(key.name))", escaped("\(sentence(key.meaning))\(owners)"),
          escaped(sentence(facts)),
        ]
      }
      lines.append(".El")
    }
    return entry.example.isEmpty ? lines : lines + [".Dl \(escaped(entry.example))"]
  }

  private static func values(_ type: KeyType) -> String {
    switch type {
    case .map: "a map of keys of its own"
    case .list: "a list of maps"
    default: type.allowed
    }
  }

  /// `text` as a sentence, with a capital letter and a full stop.
  private static func sentence(_ text: String) -> String {
    text.prefix(1).uppercased() + text.dropFirst() + (text.hasSuffix(".") ? "" : ".")
  }

  /// `text` escaped, so that roff finds no commands in it.
  private static func escaped(_ text: String) -> String {
    let safe = text.replacing("\\", with: "\\e")
    return safe.hasPrefix(".") || safe.hasPrefix("'") ? "\\&" + safe : safe
  }
}
