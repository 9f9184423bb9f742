import ArgumentParser
import RetortData
import RetortDistillation
import RetortFormats
import RetortModels
import RetortRecipes

/// `retort list`: the names that recipes and commands take.
struct List: ParsableCommand {
  /// One kind of names.
  enum Kind: String, CaseIterable, ExpressibleByArgument {
    case models, recipes, losses, explorations, datasets

    /// Names with what they mean.
    var entries: [(name: String, summary: String)] {
      switch self {
      case .models: ModelCatalog.all.map { ($0.name, "\($0.role.rawValue): \($0.summary)") }
      case .recipes: BundledRecipes.names.map { ($0, BundledRecipes.summary($0)) }
      case .losses:
        [
          ("cross-entropy", "softmax cross-entropy on labels"),
          ("kd", "T²·KL of the student's softened probabilities from the teacher's"),
          ("vae", "reconstruction and KL of a variational autoencoder"),
        ]
      case .explorations:
        Exploration.Order.allCases.map { ($0.rawValue, List.summary($0)) }
      case .datasets: DatasetSource.all.map { ($0.name, $0.baseURL) }
      }
    }
  }

  static let configuration = CommandConfiguration(
    abstract: "Lists models, recipes, losses, explorations and datasets.")

  @Argument(help: "What to list; everything if left out.")
  var kind: Kind?
  @OptionGroup var format: JSONOption

  func run() throws {
    let kinds = kind.map { [$0] } ?? Kind.allCases
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
                ("name", .string(option.name)), ("summary", .string(option.summary)),
                ("default", .real(option.standard)), ("allowed", .string(option.allowed)))
            })))
    }
    return .object(members)
  }

  private static func summary(_ order: Exploration.Order) -> String {
    switch order {
    case .zero: "random steps around an example's latent code"
    case .first: "and on along the latent gradient of the disagreement with the teacher"
    case .reconstruction: "control: decoded codes without a step"
    case .samples: "control: decoded noise, no example involved"
    case .pixelNoise: "control: noise on pixels, no generator"
    case .pixelGradient: "control: steps along the gradient by pixels, no generator"
    case .mixup: "control: blends of two examples"
    }
  }
}
