import RetortFormats

/// Test accuracy by the number of labels, one curve per variant, which shows how many labels a method saves.
///
/// Points are means over runs, whiskers one standard deviation. Training sets with classes of different sizes
/// are left out.
public struct LabelChart: Sendable {
  private let chart: LineChart
  private let worth: EffectiveLabels

  /// The chart; nil if no variant was trained with different numbers of labels.
  public init?(_ runs: [RunRecord]) {
    let groups = StageGroup.students(of: runs).filter {
      $0.thirds == nil && ($0.labels ?? 0) > 0 && $0.accuracy.mean != nil
    }
    var stages: [String] = []
    for group in groups where !stages.contains(group.stage) { stages.append(group.stage) }
    var arms: [EffectiveLabels.Arm] = []
    for stage in stages {
      // Groups are sorted by number of labels; those that differ in their recipes only form one point.
      let members = groups.filter { $0.stage == stage }
      var points: [Curve.Point] = []
      for labels in members.compactMap(\.labels) where points.last?.step != Double(labels) {
        let sample = Sample(
          members.filter { $0.labels == labels }.flatMap(\.accuracies).map { 100 * $0 })
        points.append(
          Curve.Point(
            step: Double(labels), value: sample.mean ?? 0, spread: sample.deviation,
            count: sample.count))
      }
      arms.append((stage.split(separator: "/").last.map(String.init) ?? stage, Curve(points)))
    }
    let series = arms.filter { $0.curve.points.count > 1 }.enumerated().map { look, arm in
      LineChart.Series(label: arm.label, look: look, curve: arm.curve)
    }
    guard !series.isEmpty else { return nil }
    worth = EffectiveLabels(arms)
    chart = LineChart(
      title: "Test accuracy in percent", xLabel: "labels", hasRatios: true, series: series)
  }

  /// The chart for a page, with its legend.
  var html: HTML {
    """
    <div class="group">\(HTML.legend(chart.series.map { ($0.label, $0.look) }))\
    <div class="charts">\(chart.html)</div></div>
    \(worth.html)

    """
  }

  /// The chart as an SVG file.
  public var svg: String { chart.file.markup }
}
