/// The training's configuration: differences between the students' recipes, differences between the runs'
/// recipes, and their texts.
struct RecipeSection {
  let model: PageModel

  var parts: [HTML] { [settings] + differences + texts }

  /// A row per student, with the entries in which students differ.
  private var settings: HTML {
    let entries = model.students
    let all = entries.map { entry in
      Dictionary(
        (entry.group.members.first?.stage.settings ?? []).map { ($0.key, $0.value) }
      ) { first, _ in first }
    }
    let keys = (entries.first?.group.members.first?.stage.settings ?? []).map(\.key)
    let more = Set(all.flatMap(\.keys)).subtracting(keys).sorted()
    let differing = (keys + more).filter { key in Set(all.map { $0[key] ?? "" }).count > 1 }
    guard entries.count > 1, !differing.isEmpty else { return "" }
    var table = DataTable(name: "what the students differ in", columns: ["student"] + differing)
    for (entry, settings) in zip(entries, all) {
      table.rows.append(
        (
          false,
          [.text(entry.label)]
            + differing.map { key in
              settings[key].map { .html("<code>\($0)</code>") } ?? .text("–")
            }
        ))
    }
    return "<h3>What the students differ in</h3>\n<div class=\"settings\">\(table.html)</div>"
  }

  /// A comparison of every other run's recipe with the first one's.
  private var differences: [HTML] {
    guard let first = model.runs.first, model.runs.count > 1 else { return [] }
    return ["<h3>What the runs differ in</h3>\n"]
      + model.runs.dropFirst().map { run in
        let content: HTML
        if run.recipe.text == first.recipe.text {
          content = "<p class=\"note\">There is no difference.</p>\n"
        } else if let lines = RecipeDifference.lines(first.recipe.text, run.recipe.text) {
          content = "<pre class=\"diff\">\(lines.map(\.html))</pre>\n"
        } else {
          content = "<p class=\"note\">Too much differs to be set side by side.</p>\n"
        }
        return HTML.folding("\(first.name) → \(run.name)", isFirst: true, content)
      }
  }

  private var texts: [HTML] {
    model.runs.map { run in
      .folding(
        model.runs.count > 1 ? "recipe of \(run.name)" : run.name, isFirst: false,
        "<pre>\(run.recipe.text)</pre>\n")
    }
  }
}

extension RecipeDifference.Line {
  fileprivate var html: HTML {
    switch self {
    case .same(let text): "  \(text)\n"
    case .removed(let pieces): "<del>- \(pieces.map { Self.html($0) })</del>\n"
    case .added(let pieces): "<ins>+ \(pieces.map { Self.html($0) })</ins>\n"
    case .skipped(let count):
      "<i>  … \(ReportNumber.count(count, "equal line"))</i>\n"
    }
  }

  private static func html(_ piece: RecipeDifference.Piece) -> HTML {
    piece.isChanged ? "<b>\(piece.text)</b>" : "\(piece.text)"
  }
}
