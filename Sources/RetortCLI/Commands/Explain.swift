import ArgumentParser
import RetortFormats
import RetortRecipes
import RetortTraining

/// `retort explain`: what a method does and how a recipe asks for it.
struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract:
      "Explains a loss, exploration, optimizer, augmentation or sampling: equation, keys, source.")

  @Argument(
    help: "The method ('retort list losses', and so on for the other kinds).",
    completion: .list(MethodCatalog.all.map(\.name)))
  var name: String
  @OptionGroup var format: JSONOption

  func validate() throws {
    do throws(MethodError) {
      _ = try MethodCatalog.method(name)
    } catch {
      throw ValidationError("\(error)")
    }
  }

  func run() throws {
    let method = try MethodCatalog.method(name)
    guard !format.json else {
      StandardOutput.write(json(method))
      return
    }
    var table = TextTable(["key", "default", "values", "meaning"])
    for key in method.keys { table.add(key.name, key.standard ?? "none", key.allowed, key.meaning) }
    let keys = method.keys.isEmpty ? "" : "\(table.text)\n\n"
    let article = "aeiou".contains(method.kind.rawValue.prefix(1)) ? "an" : "a"
    StandardOutput.write(
      """
      \(method.name), \(article) \(method.kind.rawValue): \(method.summary)

      \(wrapped(method.discussion))

      \(method.equation.map { "  " + $0 }.joined(separator: "\n"))

      \(keys)in a recipe  \(method.example)
      source       \(method.source)
      """)
  }

  private func json(_ method: Method) -> JSONValue {
    .record(
      ("name", .string(method.name)), ("kind", .string(method.kind.rawValue)),
      ("summary", .string(method.summary)), ("discussion", .string(method.discussion)),
      ("equation", .array(method.equation.map { .string($0) })),
      (
        "keys",
        .array(
          method.keys.map {
            .record(
              ("name", .string($0.name)),
              ("default", $0.standard.map { .string($0) } ?? .null),
              ("values", .string($0.allowed)), ("meaning", .string($0.meaning)))
          })
      ), ("example", .string(method.example)), ("source", .string(method.source)))
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
