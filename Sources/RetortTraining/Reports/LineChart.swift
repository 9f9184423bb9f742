/// Curves over training or search steps as an SVG drawing.
struct LineChart {
  /// One curve.
  struct Series {
    let label: String
    let points: [(x: Double, y: Double)]
  }

  /// How many points of a curve are drawn; more are averaged.
  static let pointLimit = 300

  let title: String
  let xLabel: String
  /// Whether the values are drawn from zero on, however small they get.
  var isLinear = false
  let series: [Series]
  // The drawing's size and margins, in its own units.
  private let width = 460.0, height = 250.0
  private let left = 56.0, right = 14.0, top = 14.0, bottom = 38.0

  /// The chart with its title, to be followed by a legend.
  var html: HTML {
    let drawn = series.map { (label: $0.label, points: Self.thinned($0.points)) }
    let all = drawn.flatMap(\.points)
    let y = isLinear ? Axis(0, all.map(\.y).max() ?? 1) : Axis(fitting: all.map(\.y))
    let x = Axis(0, max(1, all.map(\.x).max() ?? 1), finest: 1)
    let unit = y.isLogarithmic ? " (logarithmic)" : ""
    let last = series.map { "\($0.label) ends at \(y.label($0.points.last?.y ?? 0))" }
    return """
      <figure><figcaption>\(title)\(unit)</figcaption>
      <svg viewBox="0 0 460 250" role="img" \
      aria-label="\(title) by \(xLabel): \(last.joined(separator: ", "))">
      \(y.ticks.map { horizontal($0, y) })\(x.ticks.map { vertical($0, x) })
      <text class="axis" x="\(Self.text(width - right))" y="246" \
      text-anchor="end">\(xLabel)</text>
      \(drawn.enumerated().map { curve($0.offset, $0.element.points, x, y) })
      </svg></figure>

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
    return """
      <path class="curve c\(index % 8)" d="M\(path)"><title>\(series[index].label)</title></path>\
      \(dots.map { dot(index, $0) })
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
