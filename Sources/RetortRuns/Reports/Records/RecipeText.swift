/// The text of a run's recipe, split into its stages.
///
/// Runs write their recipes with all defaults and one entry per line; other text is available as lines only.
package struct RecipeText: Sendable {
  /// An entry of a stage, with all its lines.
  struct Setting: Equatable, Sendable {
    let key: String
    fileprivate(set) var value: String
  }

  /// The full text.
  let text: String
  /// The lines before the first stage, without name and seed, in which runs of one experiment differ.
  private let head: String
  private let stages: [String: [Setting]]

  init(_ text: String) {
    self.text = text
    let lines = Self.lines(text)
    let first = lines.firstIndex { $0.hasPrefix("stages:") } ?? lines.count
    head = lines[..<first].filter { !$0.hasPrefix("name:") && !$0.hasPrefix("seed:") }
      .joined(separator: "\n")
    var stages: [String: [Setting]] = [:]
    var (name, settings) = ("", [Setting]())
    for line in lines[first...].dropFirst() {
      if let found = Self.entry(line, behind: "  - ") {
        stages[name] = settings
        (name, settings) = (found.key == "name" ? Self.unquoted(found.value) : "", [])
      } else if let found = Self.entry(line, behind: "    ") {
        settings.append(found)
      } else if let last = settings.indices.last, line.contains(where: { $0 != " " }) {
        if !settings[last].value.isEmpty { settings[last].value += "\n" }
        settings[last].value += Self.trimmed(line)
      }
    }
    stages[name] = settings
    self.stages = stages
  }

  /// The entries of the stage `name`; empty if there is no such stage.
  func settings(of name: String) -> [Setting] { stages[name] ?? [] }

  /// A key that is equal for stages whose recipes differ only in names and the seed: its entries, and those
  /// of all stages that it takes models from; caches, which change no result, are left out.
  func key(of name: String) -> String {
    var (key, seen, waiting) = (head, Set([name]), [name])
    while let stage = waiting.popLast() {
      for setting in settings(of: stage) where setting.key != "cache" {
        key += "\n\(setting.key): \(setting.value)"
        for source in Self.sources(setting.value) where seen.insert(source).inserted {
          waiting.append(source)
        }
      }
    }
    return key
  }

  /// The stages from which an entry such as `{from: teacher}` or a list of several takes its models.
  private static func sources(_ value: String) -> [String] {
    value.ranges(of: "from: ").compactMap { start in
      let rest = value[start.upperBound...]
      guard rest.hasPrefix("\"") else { return String(rest.prefix { !",}".contains($0) }) }
      return rest.dropFirst().firstIndex(of: "\"").map { unquoted(String(rest[...$0])) }
    }
  }

  /// The lines of a text.
  static func lines(_ text: String) -> [Substring] {
    text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
  }

  /// The entry on a line with exactly this indentation; nil for other lines.
  private static func entry(_ line: Substring, behind indentation: String) -> Setting? {
    guard line.hasPrefix(indentation) else { return nil }
    let rest = line.dropFirst(indentation.count)
    guard let first = rest.first, first.isLetter, let colon = rest.firstIndex(of: ":") else {
      return nil
    }
    return Setting(
      key: String(rest[..<colon]), value: trimmed(rest[rest.index(after: colon)...]))
  }

  private static func trimmed(_ text: Substring) -> String {
    String(text.drop { $0 == " " })
  }

  /// A scalar without the quotes and escapes in which recipes are written.
  private static func unquoted(_ text: String) -> String {
    guard text.count >= 2, text.hasPrefix("\""), text.hasSuffix("\"") else { return text }
    var (result, rest) = ("", text.dropFirst().dropLast()[...])
    while let character = rest.popFirst() {
      guard character == "\\", let escaped = rest.popFirst() else {
        result.append(character)
        continue
      }
      guard escaped == "U", let code = UInt32(rest.prefix(8), radix: 16),
        let scalar = Unicode.Scalar(code)
      else {
        result.append(escaped)
        continue
      }
      result.unicodeScalars.append(scalar)
      rest = rest.dropFirst(8)
    }
    return result
  }
}
