/// Curves over training or search steps as an SVG drawing.
struct LineChart {
  /// One curve.
  struct Series {
    let label: String
    let points: [(x: Double, y: Double)]
    /// How far each point's whiskers reach up and down; none if empty.
    var spreads: [Double] = []
  }

  /// How many points of a curve are drawn; more are averaged.
  static let pointLimit = 300

  let title: String
  let xLabel: String
  /// Whether the values are drawn from zero on, however small they get.
  var isLinear = false
  /// Whether equal ratios of x are equally long.
  var hasRatios = false
  let series: [Series]
  // The drawing's size and margins, in its own units.
  private let width = 460.0, height = 250.0
  private let left = 56.0, right = 14.0, top = 14.0, bottom = 38.0

  /// The chart with its title, to be followed by a legend.
  var html: HTML {
    let plot = Plot(self)
    let unit = plot.y.isLogarithmic ? " (logarithmic)" : ""
    let last = series.map { "\($0.label) ends at \(plot.y.label($0.points.last?.y ?? 0))" }
    return """
      <figure><figcaption>\(title)\(unit)</figcaption>
      <svg viewBox="0 0 460 250" role="img" \
      aria-label="\(title) by \(xLabel): \(last.joined(separator: ", "))">
      \(drawing(plot))
      </svg></figure>

      """
  }

  /// The drawing as a file of its own, light, with title and legend, as SVG.
  var file: HTML {
    let entries = series.enumerated().map { index, series -> HTML in
      let y = top + 12 + 18 * Double(index)
      return """
        <path class="curve c\(index % 8)" d="M470 \(Self.text(y - 4))h28"/>\
        <text class="name" x="506" y="\(Self.text(y))">\(series.label)</text>

        """
    }
    return """
      <svg xmlns="http://www.w3.org/2000/svg" viewBox="-8 -26 660 284" width="1320" height="568">
      <style>\(HTML(markup: ReportStyle.drawing))</style>
      <rect x="-8" y="-26" width="660" height="284" fill="\(ReportStyle.lightColor("paper"))"/>
      <text class="title" x="0" y="-6">\(title)</text>
      \(drawing(Plot(self)))
      \(entries)</svg>

      """
  }

  /// What is drawn, and the axes that it fits.
  private struct Plot {
    let curves: [[(x: Double, y: Double)]]
    let x, y: Axis

    init(_ chart: LineChart) {
      curves = chart.series.map { LineChart.thinned($0.points) }
      let all = curves.joined()
      let spreads = chart.series.flatMap { series in
        zip(series.points, series.spreads).flatMap { [$0.y - $1, $0.y + $1] }
      }
      let heights = all.map(\.y) + spreads
      let last = all.map(\.x).max() ?? 1
      x =
        chart.hasRatios
        ? Axis(ratios: all.map(\.x).min() ?? 1, last) : Axis(0, max(1, last), finest: 1)
      y = chart.isLinear ? Axis(0, heights.max() ?? 1) : Axis(fitting: heights)
    }
  }

  private func drawing(_ plot: Plot) -> HTML {
    let curves = plot.curves.enumerated().map { curve($0.offset, $0.element, plot.x, plot.y) }
    return """
      \(plot.y.ticks.map { horizontal($0, plot.y) })\(plot.x.ticks.map { vertical($0, plot.x) })
      <text class="axis" x="\(Self.text(width - right))" y="246" \
      text-anchor="end">\(xLabel)</text>
      \(curves)
      """
  }

  private func horizontal(_ tick: Double, _ axis: Axis) -> HTML {
    let y = top + (1 - axis.position(tick)) * (height - top - bottom)
    return """
      <path class="grid" d="M\(Self.text(left)) \(Self.text(y))H\(Self.text(width - right))"/>\
      <text class="axis" x="\(Self.text(left - 6))" y="\(Self.text(y + 4))" \
      text-anchor="end">\(axis.label(tick))</text>
      """
  }

  private func vertical(_ tick: Double, _ axis: Axis) -> HTML {
    let x = left + axis.position(tick) * (width - left - right)
    return """
      <text class="axis" x="\(Self.text(x))" y="\(Self.text(height - bottom + 16))" \
      text-anchor="middle">\(axis.label(tick))</text>
      """
  }

  private func curve(
    _ index: Int, _ points: [(x: Double, y: Double)], _ xAxis: Axis, _ yAxis: Axis
  ) -> HTML {
    let places = points.map { point in
      (
        x: left + xAxis.position(point.x) * (width - left - right),
        y: top + (1 - yAxis.position(point.y)) * (height - top - bottom)
      )
    }
    let path = places.map { "\(Self.text($0.x)) \(Self.text($0.y))" }.joined(separator: "L")
    // Few points are shown as such: a curve of one would not be seen.
    let dots = places.count > 12 ? [] : places
    let scale = yAxis.position(1) - yAxis.position(0)
    let whiskers = zip(places, series[index].spreads).filter { $1 > 0 }.map {
      place, spread -> HTML in
      let reach = spread * scale * (height - top - bottom)
      return """
        <path class="whisker c\(index % 8)" \
        d="M\(Self.text(place.x)) \(Self.text(place.y - reach))v\(Self.text(2 * reach))"/>
        """
    }
    return """
      <path class="curve c\(index % 8)" d="M\(path)"><title>\(series[index].label)</title></path>\
      \(dots.map { dot(index, $0) })\(whiskers)
      """
  }

  private func dot(_ index: Int, _ place: (x: Double, y: Double)) -> HTML {
    """
    <circle class="dot c\(index % 8)" cx="\(Self.text(place.x))" cy="\(Self.text(place.y))" \
    r="3"/>
    """
  }

  /// Means of neighbours, so that at most `pointLimit` points are left.
  static func thinned(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
    let finite = points.filter { $0.y.isFinite }
    let size = (finite.count + pointLimit - 1) / pointLimit
    guard size > 1 else { return finite }
    return stride(from: 0, to: finite.count, by: size).map { start in
      let bucket = finite[start..<min(start + size, finite.count)]
      let scale = 1 / Double(bucket.count)
      return (bucket.reduce(0) { $0 + $1.x } * scale, bucket.reduce(0) { $0 + $1.y } * scale)
    }
  }

  private static func text(_ value: Double) -> String { ReportNumber.plain(value, 1) }
}

extension HTML {
  /// Which colour and dash is which curve.
  static func legend(_ labels: [String]) -> HTML {
    let entries = labels.enumerated().map { index, label -> HTML in
      """
      <li><svg class="key" viewBox="0 0 28 8" aria-hidden="true">\
      <path class="curve c\(index % 8)" d="M1 4H27"/></svg>\(label)</li>
      """
    }
    return "<ul class=\"legend\">\(entries)</ul>\n"
  }
}
