/// The drawing of one curve: a line, the band of its standard deviation, and marks if it has few points.
struct CurveDrawing {
  let chart: LineChart
  let plot: LineChart.Plot
  let series: LineChart.Series
  let points: [Curve.Point]

  /// The largest number of points that are marked individually.
  private static let markLimit = 12

  var html: HTML {
    guard !points.isEmpty else { return "" }
    let look = Palette.look(series.look)
    let areFew = points.count <= Self.markLimit
    let line = points.map { place($0, $0.value) }.joined(separator: "L")
    return """
      \(areFew ? "" : band(look))\
      <path class="curve c\(look)" d="M\(line)"><title>\(series.label)</title></path>\
      \(areFew ? points.map { marks($0, look) } : [])
      """
  }

  private func place(_ point: Curve.Point, _ value: Double) -> String {
    "\(HTML.place(x(point))) \(HTML.place(y(value)))"
  }

  private func x(_ point: Curve.Point) -> Double {
    chart.left + plot.x.position(point.step) * (chart.width - chart.left - chart.right)
  }

  private func y(_ value: Double) -> Double {
    chart.top + (1 - plot.y.position(value)) * (chart.height - chart.top - chart.bottom)
  }

  /// The band of the standard deviation around the curve.
  private func band(_ look: Int) -> HTML {
    let spread = points.filter { ($0.spread ?? 0) > 0 }
    guard spread.count > 1 else { return "" }
    let upper = spread.map { place($0, $0.reach[2]) }
    let lower = spread.reversed().map { place($0, $0.reach[0]) }
    return """
      <path class="band c\(look)" d="M\((upper + lower).joined(separator: "L"))Z"/>
      """
  }

  /// A mark at a point with a whisker for its standard deviation, as a curve of one point would be invisible.
  private func marks(_ point: Curve.Point, _ look: Int) -> HTML {
    let mark = Palette.mark(look, x: x(point), y: y(point.value))
    guard (point.spread ?? 0) > 0 else { return mark }
    let (low, high) = (y(point.reach[0]), y(point.reach[2]))
    return """
      \(mark)<path class="whisker c\(look)" \
      d="M\(HTML.place(x(point))) \(HTML.place(high))v\(HTML.place(low - high))"/>
      """
  }
}

extension HTML {
  /// The legend: the colour, dash and mark of each curve.
  static func legend(_ entries: [(label: String, look: Int)]) -> HTML {
    let items = entries.map { label, look -> HTML in
      """
      <li>\(key(look))<span>\(label)</span></li>
      """
    }
    return "<ul class=\"legend\">\(items)</ul>\n"
  }

  /// A legend's sample of a curve with its mark.
  static func key(_ look: Int) -> HTML {
    let look = Palette.look(look)
    return """
      <svg class="key" viewBox="0 0 36 10" aria-hidden="true">\
      <path class="curve c\(look)" d="M1 5H35"/>\(Palette.mark(look, x: 18, y: 5))</svg>
      """
  }
}
