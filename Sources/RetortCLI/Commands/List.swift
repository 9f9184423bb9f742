import ArgumentParser
import RetortData
import RetortFormats
import RetortModels
import RetortRecipes

/// `retort list`: the names that recipes and commands accept.
struct List: ParsableCommand {
  /// A kind of names.
  enum Kind: String, CaseIterable, ExpressibleByArgument {
    case models, recipes, losses, schemes, explorations, optimizers, schedules, augmentations,
      samplings
    case datasets, schema, manual

    /// The kinds that are listed by default.
    static let names = allCases.filter { $0 != .schema && $0 != .manual }

    /// The names with their summaries.
    var entries: [(name: String, summary: String)] {
      switch self {
      case .models: ModelCatalog.all.map { ($0.name, "\($0.role.rawValue): \($0.summary)") }
      case .recipes: BundledRecipes.names.map { ($0, BundledRecipes.summary($0)) }
      case .losses: List.entries(.loss)
      case .schemes: List.entries(.scheme)
      case .explorations: List.entries(.exploration)
      case .optimizers: List.entries(.optimizer)
      case .schedules: List.entries(.schedule)
      case .augmentations: List.entries(.augmentation)
      case .samplings: List.entries(.sampling)
      case .datasets: List.entries(.dataset)
      case .schema, .manual: []
      }
    }
  }

  static let configuration = CommandConfiguration(
    abstract: "Lists models, recipes, methods by kind, and datasets.",
    discussion: """
      'retort list schema' prints a JSON Schema of recipes, by which editors complete and check them; \
      'retort list manual' the source of the manual page retort-recipe(5).
      """)

  @Argument(help: "What to list; all names if left out.")
  var kind: Kind?
  @OptionGroup var format: JSONOption

  func run() throws {
    switch kind {
    case .schema: return StandardOutput.write(RecipeSchema.json)
    case .manual: return StandardOutput.write(RecipeManual.text)
    default: break
    }
    let kinds = kind.map { [$0] } ?? Kind.names
    guard !format.json else {
      StandardOutput.write(
        .object(kinds.map { kind in .init(kind.rawValue, .array(kind.entries.map(json))) }))
      return
    }
    for (index, kind) in kinds.enumerated() {
      var table = TextTable([kind.rawValue, ""])
      for entry in kind.entries { table.add("  " + entry.name, entry.summary) }
      StandardOutput.write((index > 0 ? "\n" : "") + table.text)
    }
  }

  private func json(_ entry: (name: String, summary: String)) -> JSONValue {
    var members: [JSONValue.Member] = [
      .init("name", .string(entry.name)), .init("summary", .string(entry.summary)),
    ]
    if let model = ModelCatalog.all.first(where: { $0.name == entry.name }) {
      members.append(.init("role", .string(model.role.rawValue)))
      members.append(.init("source", .string(model.source)))
      members.append(
        .init(
          "options",
          .array(
            model.options.map { option in
              .record(
                ("name", .string(option.name)), ("meaning", .string(option.summary)),
                ("default", .real(option.defaultValue)), ("values", .string(option.allowed)))
            })))
    }
    return .object(members)
  }

  private static func entries(_ kind: ReferenceEntry.Kind) -> [(name: String, summary: String)] {
    RecipeReference.all(kind).map { ($0.name, $0.explanation.summary) }
  }
}
