/// Curves over training steps, with one chart per value for all students, and likewise for teachers and
/// generators.
struct CurveSection {
  let model: PageModel

  /// The largest number of curves in a chart, and of charts of one kind.
  private static let curveLimit = 64, chartLimit = 40
  /// The largest number of points in the script's data for all charts of one kind.
  private static let pointLimit = 200_000

  var html: HTML {
    let parts = model.casts.map(group)
    return "\(parts)"
  }

  private func group(_ cast: PageModel.Cast) -> HTML {
    let entries = cast.entries.prefix(Self.curveLimit)
    let names = Self.names(entries.map(\.group))
    guard !names.isEmpty else { return "" }
    let shown = names.prefix(Self.chartLimit)
    let limit = max(100, min(1000, Self.pointLimit / max(1, entries.count * shown.count)))
    let charts = shown.map { name -> HTML in
      let isShare = name.hasSuffix("accuracy") || name.hasSuffix("agreement")
      let series = entries.map { entry in
        let curve = entry.group.curve(name)
        return LineChart.Series(
          label: entry.label, look: entry.look, curve: isShare ? curve.scaled(by: 100) : curve)
      }
      return LineChart(
        title: name, xLabel: "step", unit: isShare ? "%" : "",
        scale: name == StageRecord.learningRate || name.hasSuffix("per second")
          ? .linear : .fitting,
        dataLimit: limit, series: series
      ).html
    }
    let left: [(Int, String)] = [
      (cast.entries.count - entries.count, "curve"), (names.count - shown.count, "chart"),
    ]
    let notes = left.filter { $0.0 > 0 }.map { count, noun -> HTML in
      """
      <p class="note">\(ReportNumber.count(count, "more \(noun)")) would be too many for one page; \
      name fewer runs to see them.</p>

      """
    }
    return """
      <div class="group"><h3>\(cast.title)</h3>
      \(HTML.legend(entries.map { ($0.label, $0.look) }))\(averaged(cast))\
      <div class="charts">\(charts)</div>
      \(notes)</div>

      """
  }

  private func averaged(_ cast: PageModel.Cast) -> HTML {
    guard cast.entries.contains(where: { $0.group.members.count > 1 }) else { return "" }
    return """
      <p class="note">Curves are means over the runs that differ by seed alone, in bands of one \
      standard deviation.</p>

      """
  }

  /// The names of the values: accuracies first, then losses in order of appearance, then measures of the
  /// training's progress.
  private static func names(_ groups: [StageGroup]) -> [String] {
    var seen: Set<String> = []
    var names: [String] = []
    for group in groups {
      for curve in group.members.lazy.flatMap(\.stage.curves)
      where seen.insert(curve.name).inserted { names.append(curve.name) }
    }
    func rank(_ name: String) -> Int {
      if name == StageRecord.testAccuracy { return 0 }
      if name.hasSuffix("accuracy") { return 1 }
      if name == MetricLines.totalLoss { return 2 }
      return name == StageRecord.learningRate ? 4 : name.hasSuffix("per second") ? 5 : 3
    }
    return names.enumerated().sorted {
      (rank($0.element), $0.offset) < (rank($1.element), $1.offset)
    }.map(\.element)
  }
}
