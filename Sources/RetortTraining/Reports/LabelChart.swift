import RetortFormats

/// Test accuracy by number of labels, one curve for every arm: how many labels a method saves.
///
/// Points are means over runs, whiskers a standard deviation. Training sets whose classes differ in
/// size are left out.
public struct LabelChart: Sendable {
  private let chart: LineChart

  /// The chart; nil if no arm learned from different numbers of labels.
  public init?(_ runs: [RunRecord]) {
    let groups = StudentGroup.all(of: runs).filter { $0.thirds == nil && $0.labels > 0 }
    var stages: [String] = []
    for group in groups where !stages.contains(group.stage) { stages.append(group.stage) }
    let series = stages.compactMap { stage -> LineChart.Series? in
      let points = groups.filter { $0.stage == stage }.compactMap { group in
        group.accuracy.mean.map {
          (x: Double(group.labels), y: 100 * $0, spread: 100 * (group.accuracy.deviation ?? 0))
        }
      }
      guard points.count > 1 else { return nil }
      return LineChart.Series(
        label: stage.split(separator: "/").last.map(String.init) ?? stage,
        points: points.map { ($0.x, $0.y) }, spreads: points.map(\.spread))
    }
    guard !series.isEmpty else { return nil }
    chart = LineChart(
      title: "Test accuracy in percent", xLabel: "labels", hasRatios: true, series: series)
  }

  /// The chart for a page, with its legend.
  var html: HTML {
    "\(HTML.legend(chart.series.map(\.label)))<div class=\"charts\">\(chart.html)</div>\n"
  }

  /// Writes the chart as a drawing of its own to `path`, wholly or not at all.
  ///
  /// - Throws: `FormatError` if the disk refuses.
  public func write(to path: String) throws(FormatError) {
    try AtomicFile.write(Array(chart.file.markup.utf8), to: path)
  }
}
