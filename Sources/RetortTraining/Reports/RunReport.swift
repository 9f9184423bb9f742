import RetortFormats

/// One self-contained page about a run or several: no script, no network, light and dark.
public struct RunReport: Sendable {
  private let runs: [RunRecord]

  /// A report on `runs`, in this order.
  public init(_ runs: [RunRecord]) { self.runs = runs }

  /// Writes the page to `path`, wholly or not at all.
  ///
  /// - Throws: `FormatError` if the disk refuses.
  public func write(to path: String) throws(FormatError) {
    try AtomicFile.write(Array(html.utf8), to: path)
  }

  /// The page; well-formed as XML too.
  public var html: String {
    let page: HTML = """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <title>\(title) – Retort</title>
      <style>\(HTML(markup: ReportStyle.text))</style>
      </head>
      <body>
      <header><p class="brand">Retort</p><h1>\(title)</h1>
      <p class="lead">\(lead)</p></header>
      <main>
      <section aria-labelledby="results"><h2 id="results">Results</h2>
      \(ResultTable(runs).html)</section>
      \(labels)\(curves)\(evaluations)\(explorations)\(recipes)</main>
      <footer>\(origins)</footer>
      </body>
      </html>

      """
    return page.markup
  }

  private var title: String { runs.map(\.name).joined(separator: ", ") }

  private var stages: [(label: String, stage: StageRecord)] {
    runs.flatMap { run in run.stages.map { (label(run, $0.name), $0) } }
  }

  /// A stage's or arm's name, with its run's where there are several.
  private func label(_ run: RunRecord, _ name: String) -> String {
    runs.count > 1 ? "\(run.name): \(name)" : name
  }

  /// What came out, in one sentence.
  private var lead: String {
    let scored = stages.compactMap { entry in
      entry.stage.score?["accuracy"]?.double.map { (entry.label, $0, entry.stage) }
    }
    let students = scored.filter { $0.2.player == "student" }
    guard let best = (students.isEmpty ? scored : students).max(by: { $0.1 < $1.1 }) else {
      return stages.allSatisfy { $0.stage.result == nil }
        ? "No stage has ended yet." : "No stage was scored on the test set."
    }
    var text = "\(best.0) is right on \(ReportNumber.percent(best.1)) of the test set"
    if let teacher = best.2.teacher?["accuracy"]?.double {
      text += ", its teacher on \(ReportNumber.percent(teacher))"
    }
    if let own = best.2.score?["parameters"]?.double, own > 0,
      let its = best.2.teacher?["parameters"]?.double
    {
      text += ", with \(fixed(100 * own / its, 0)) % of the teacher’s parameters"
    }
    return text + "."
  }

  /// What labels are worth, where students learned from different numbers of them.
  private var labels: HTML {
    guard let chart = LabelChart(runs) else { return "" }
    return section("labels", "What labels are worth", [chart.html])
  }

  /// Charts by group of arms, one for every loss, accuracy and rate.
  private var curves: HTML {
    var groups: [String] = []
    for run in runs {
      for stage in run.stages where !groups.contains(stage.group) { groups.append(stage.group) }
    }
    let parts = groups.map { group -> HTML in
      let members = runs.flatMap { run in
        run.stages.filter { $0.group == group }.map { (label: label(run, $0.arm), stage: $0) }
      }
      let charts = StageRecord.curveNames(members.map(\.stage)).map { name -> HTML in
        // A member without this curve keeps its colour in the others.
        LineChart(
          title: name, xLabel: "step", isLinear: name == StageRecord.learningRate,
          series: members.map { .init(label: $0.label, points: $0.stage.curve(name)) }
        ).html
      }
      return """
        <h3>\(group)</h3>
        \(members.count > 1 ? HTML.legend(members.map(\.label)) : "")\
        <div class="charts">\(charts)</div>

        """
    }
    return section("curves", "Learning curves", parts)
  }

  private var evaluations: HTML {
    let views = stages.compactMap { entry in
      entry.stage.evaluation.flatMap(EvaluationView.init).map { (entry.label, $0.html) }
    }
    return section("test", "On the test set", unfolding(views))
  }

  private var explorations: HTML {
    let found = stages.compactMap { entry in
      entry.stage.exploration.map { (label: entry.label, view: ExplorationView($0)) }
    }
    let paths = found.filter { $0.view.divergence.count > 1 }
    var parts = unfolding(found.map { ($0.label, $0.view.html) })
    if !paths.isEmpty {
      let chart = LineChart(
        title: "Divergence along the search", xLabel: "step of the search",
        series: paths.map { .init(label: $0.label, points: $0.view.divergence) })
      parts.insert("<div class=\"charts\">\(chart.html)</div>\n", at: 0)
      parts.insert(HTML.legend(paths.map(\.label)), at: 0)
    }
    return section("explored", "What the search found", parts)
  }

  private var recipes: HTML {
    let parts = runs.map { run -> HTML in
      """
      <details><summary>\(run.name)</summary>
      <pre>\(run.recipe)</pre></details>

      """
    }
    return section("recipe", "Recipe", parts)
  }

  /// Parts behind their titles, of which the last is open.
  private func unfolding(_ parts: [(title: String, html: HTML)]) -> [HTML] {
    parts.enumerated().map { index, part in
      let open: HTML = index == parts.count - 1 ? " open=\"open\"" : ""
      return """
        <details\(open)><summary>\(part.title)</summary>
        \(part.html)</details>

        """
    }
  }

  private func section(_ id: String, _ title: String, _ parts: [HTML]) -> HTML {
    guard !parts.isEmpty else { return "" }
    return """
      <section aria-labelledby="\(id)"><h2 id="\(id)">\(title)</h2>
      \(parts)</section>

      """
  }

  /// Device, seed, version and recipe hash of each run.
  private var origins: [HTML] {
    runs.map { run in
      let facts = run.stages.compactMap(\.result).last
      func text(_ key: String) -> String { facts?[key]?.string ?? "unknown" }
      return """
        <p><b>\(run.name)</b>: device \(text("device")), seed \(facts?["seed"]?.text ?? "unknown"), \
        Retort \(text("version")), recipe SHA-256 <code>\(text("recipeSHA256"))</code>\(damage(run))</p>

        """
    }
  }

  private func damage(_ run: RunRecord) -> String {
    run.damagedLines > 0 ? "; \(run.damagedLines) damaged lines of metrics.jsonl left out" : ""
  }
}
