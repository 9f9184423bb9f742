import RetortFormats

/// A self-contained page about one or several runs: offline, light and dark, for screen and print.
///
/// Everything is readable without its script, which makes charts and tables interactive.
public struct RunReport: Sendable {
  private let runs: [RunRecord]

  /// A report on `runs`, in this order.
  public init(_ runs: [RunRecord]) { self.runs = RunRecord.distinct(runs) }

  /// Writes the page to `path`, completely or not at all.
  ///
  /// - Throws: `FormatError` if the file cannot be written.
  public func write(to path: String) throws(FormatError) {
    try AtomicFile.write(Array(html.utf8), to: path)
  }

  /// The page, which is also well-formed XML.
  public var html: String {
    let model = PageModel(runs)
    let origins = OriginSection(model: model)
    let sections = [
      Section("results", "Results", [ResultSection(model: model).html]),
      Section("labels", "What labels are worth", [LabelChart(runs)?.html ?? ""]),
      Section("curves", "Learning curves", [CurveSection(model: model).html]),
      Section("test", "On the test set", TestSection(model: model).parts),
      Section("explored", "What the search found", ExplorationSection(model: model).parts),
      Section("bounds", "How far the search can be trusted", BoundsSection(model: model).parts),
      Section("made", "What the generator makes", SampleSection(model: model).parts),
      Section("recipe", "Recipe", RecipeSection(model: model).parts),
      Section("origin", "Where it comes from", [origins.html]),
    ].filter { !$0.isEmpty }
    let title = title
    let page: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta http-equiv="Content-Security-Policy" content="\(ReportScript.policy)"/>
      <title>\(title) – Retort</title>
      <style>\(HTML(markup: ReportStyle.text))</style>
      </head>
      <body>
      <header><p class="brand">Retort</p><h1>\(title)</h1>
      <p class="lead">\(LeadSentence(model: model).text)</p>
      \(origins.summary)</header>
      <nav aria-label="sections"><ul>\(sections.map(\.link))</ul></nav>
      <main>
      \(ReliabilityDiagram.pattern)\(sections.map(\.html))</main>
      <footer>Drawn by Retort from the files of the run.</footer>
      \(ReportScript.html)</body>
      </html>

      """
    return page.markup
  }

  /// The runs' names, or the first of many.
  private var title: String {
    let names = runs.prefix(6).map(\.name).joined(separator: ", ")
    return runs.count > 6 ? "\(names) and \(runs.count - 6) more" : names
  }

  /// A section of the page with a title.
  private struct Section {
    let id, title: String
    let parts: [HTML]

    init(_ id: String, _ title: String, _ parts: [HTML]) {
      (self.id, self.title, self.parts) = (id, title, parts)
    }

    var isEmpty: Bool { parts.allSatisfy(\.isEmpty) }

    var link: HTML { "<li><a href=\"#\(id)\">\(title)</a></li>" }

    var html: HTML {
      """
      <section aria-labelledby="\(id)"><h2 id="\(id)">\(title)</h2>
      \(parts)</section>

      """
    }
  }
}
