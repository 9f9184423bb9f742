/// The text of a run's recipe, taken apart where its stages begin.
///
/// Runs keep their recipes with every default written out and one entry a line; of other text
/// nothing but the lines is known.
package struct RecipeText: Sendable {
  /// An entry of a stage with all lines that belong to it.
  struct Setting: Equatable, Sendable {
    let key: String
    fileprivate(set) var value: String
  }

  /// The whole text.
  let text: String
  /// The lines before the first stage, but for those that runs of one experiment differ in.
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

  /// The entries of the stage called `name`; none where there is no such stage.
  func settings(of name: String) -> [Setting] { stages[name] ?? [] }

  /// What two stages have in common whose recipes differ in names and the seed alone: their entries,
  /// and those of all stages that they take models from.
  func key(of name: String) -> String {
    var (key, seen, waiting) = (head, Set([name]), [name])
    while let stage = waiting.popLast() {
      for setting in settings(of: stage) {
        key += "\n\(setting.key): \(setting.value)"
        if let source = Self.source(setting.value), seen.insert(source).inserted {
          waiting.append(source)
        }
      }
    }
    return key
  }

  /// The stage that an entry such as `{from: teacher}` takes its model from.
  private static func source(_ value: String) -> String? {
    guard let start = value.firstRange(of: "from: ") else { return nil }
    let rest = value[start.upperBound...]
    guard rest.hasPrefix("\"") else { return String(rest.prefix { !",}".contains($0) }) }
    return rest.dropFirst().firstIndex(of: "\"").map { unquoted(String(rest[...$0])) }
  }

  /// The lines of a text.
  static func lines(_ text: String) -> [Substring] {
    text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
  }

  /// The entry of a line that is indented by `indentation` exactly.
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

  /// A scalar without the quotes and escapes that recipes are written with.
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
