/// Curves over training or search steps as an SVG drawing.
struct LineChart {
  /// One curve.
  struct Series {
    let label: String
    /// The index of its look in the palette.
    let look: Int
    let curve: Curve
  }

  /// The scale of the vertical axis.
  enum Scale: String {
    /// Logarithmic if values are positive and span a factor above 50.
    case fitting
    /// Linear, with zero included.
    case linear
  }

  /// The largest number of drawn points per curve; longer curves are averaged over neighbours.
  static let pointLimit = 300

  let title: String
  let xLabel: String
  /// The unit after values, such as `%`.
  var unit = ""
  var scale = Scale.fitting
  /// Whether the horizontal axis is logarithmic.
  var hasRatios = false
  /// The largest number of points per curve in the script's data; longer curves are averaged over neighbours.
  var dataLimit = LineChart.pointLimit
  let series: [Series]
  // The drawing's size and margins, in its own units.
  let width = 460.0, height = 250.0
  let left = 56.0, right = 14.0, top = 14.0, bottom = 38.0

  /// The chart with its title, without a legend.
  var html: HTML {
    let plot = Plot(self)
    let unit = plot.y.isLogarithmic ? " (logarithmic)" : ""
    let last = series.compactMap { series in
      series.curve.points.last.map { "\(series.label) ends at \(text($0.value))" }
    }
    let data = ChartData(chart: self, curves: series.map { $0.curve.thinned(to: dataLimit) })
    return """
      <figure class="chart"><figcaption>\(title)\(unit)</figcaption>
      <svg viewBox="0 0 460 250" role="img"><title>\(title) by \(xLabel)</title>
      <desc>\(last.joined(separator: ", "))</desc>
      \(drawing(plot))
      </svg>
      \(note)\(data.html)</figure>

      """
  }

  /// A value with its unit.
  func text(_ value: Double) -> String {
    let digits = unit.isEmpty ? 4 : 2
    let text = ReportNumber.plain(value, digits)
    // A value that would be rounded to zero is shown by its first digits.
    let isTiny = value != 0 && Double(text) == 0
    return (isTiny ? ReportNumber.compact(value) : text) + (unit.isEmpty ? "" : " \(unit)")
  }

  /// A note on values that are not drawn.
  private var note: HTML {
    let left = series.filter { $0.curve.leftOut > 0 }
    guard !left.isEmpty else { return "" }
    let list = left.map { "\($0.label) (\(ReportNumber.count($0.curve.leftOut)))" }
    return """
      <p class="note">Left out, since they are no finite numbers: values of \
      \(list.joined(separator: ", ")).</p>

      """
  }

  /// The drawing as an SVG file of its own, in light colours, with title and legend.
  var file: HTML {
    let entries = series.enumerated().map { index, series -> HTML in
      let y = top + 12 + 18 * Double(index)
      return """
        <path class="curve c\(Palette.look(series.look))" d="M470 \(HTML.place(y - 4))h28"/>\
        <text class="name" x="506" y="\(HTML.place(y))">\(series.label)</text>

        """
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="-8 -26 660 284" width="1320" height="568">
      <style>\(HTML(markup: ReportStyle.drawing))</style>
      <rect x="-8" y="-26" width="660" height="284" fill="\(Palette.light.paper)"/>
      <text class="title" x="0" y="-6">\(title)</text>
      \(drawing(Plot(self)))
      \(entries)</svg>

      """
  }

  /// The drawn curves and their axes.
  struct Plot {
    let curves: [Curve]
    let x, y: Axis

    init(_ chart: LineChart) {
      curves = chart.series.map { $0.curve.thinned(to: LineChart.pointLimit) }
      let all = curves.lazy.flatMap(\.points)
      var (steps, heights) = ([Double](), [Double]())
      for point in all {
        steps.append(point.step)
        heights += point.reach
      }
      let last = steps.max() ?? 1
      x =
        chart.hasRatios
        ? Axis(ratios: steps.min() ?? 1, last)
        : Axis(min(0, steps.min() ?? 0), max(1, last), finest: 1)
      y =
        chart.scale == .linear
        ? Axis(min(0, heights.min() ?? 0), heights.max() ?? 1) : Axis(fitting: heights)
    }
  }

  private func drawing(_ plot: Plot) -> HTML {
    let curves = zip(series, plot.curves).map { series, curve in
      CurveDrawing(chart: self, plot: plot, series: series, points: curve.points).html
    }
    return """
      \(plot.y.ticks.map(horizontal))\(plot.x.ticks.map(vertical))
      <text class="axis" x="\(HTML.place(width - right))" y="246" \
      text-anchor="end">\(xLabel)</text>
      \(curves)
      """
  }

  private func horizontal(_ tick: Axis.Tick) -> HTML {
    let y = top + (1 - tick.position) * (height - top - bottom)
    return """
      <path class="grid" d="M\(HTML.place(left)) \(HTML.place(y))H\(HTML.place(width - right))"/>\
      <text class="axis" x="\(HTML.place(left - 6))" y="\(HTML.place(y + 4))" \
      text-anchor="end">\(tick.label)</text>
      """
  }

  private func vertical(_ tick: Axis.Tick) -> HTML {
    let x = left + tick.position * (width - left - right)
    return """
      <text class="axis" x="\(HTML.place(x))" y="\(HTML.place(height - bottom + 16))" \
      text-anchor="middle">\(tick.label)</text>
      """
  }
}

extension Curve.Point {
  /// The value and the ends of its spread, all finite.
  var reach: [Double] {
    guard let spread else { return [value] }
    return [Sample.limited(value - spread), value, Sample.limited(value + spread)]
  }
}
