import RetortFormats

/// A confusion matrix and a reliability diagram.
struct EvaluationView {
  private let classes: [String]
  private let confusion: [[Int]]
  private let bins: [(count: Int, confidence: Double, accuracy: Double)]
  private let ece: Double

  /// The view of an `evaluation.json`; nil if it is none.
  init?(_ json: JSONValue) {
    guard let classes = json["classes"]?.array?.compactMap(\.string),
      let rows = json["confusion"]?.array, let bins = json["calibration"]?.array,
      let ece = json["ece"]?.double
    else { return nil }
    (self.classes, self.ece) = (classes, ece)
    confusion = rows.map { ($0.array ?? []).map { $0.int ?? 0 } }
    self.bins = bins.map {
      ($0["count"]?.int ?? 0, $0["confidence"]?.double ?? 0, $0["accuracy"]?.double ?? 0)
    }
    guard confusion.count == classes.count,
      confusion.allSatisfy({ $0.count == classes.count })
    else { return nil }
  }

  /// Both, side by side where there is room.
  var html: HTML { "<div class=\"pair\">\(matrix)\(reliability)</div>\n" }

  private var matrix: HTML {
    let head = classes.map { "<th scope=\"col\"><span>\($0)</span></th>" as HTML }
    let rows = zip(classes, confusion).map { name, row -> HTML in
      let total = max(1, row.reduce(0, +))
      let cells = row.enumerated().map { column, count -> HTML in
        let share = Double(count) / Double(total)
        let isStrong = share >= 0.5
        let kind = classes[column] == name ? "right" : "wrong"
        return """
          <td class="\(kind)\(isStrong ? " strong" : "")" \
          style="--share:\(ReportNumber.plain(100 * share, 1))%">\(count)</td>
          """
      }
      return "<tr><th scope=\"row\">\(name)</th>\(cells)</tr>\n"
    }
    return """
      <figure class="wide"><figcaption>Confusion: label by row, prediction by column</figcaption>
      <div class="scroll" tabindex="0" role="region" aria-label="confusion matrix">\
      <table class="confusion">
      <thead><tr><td></td>\(head)</tr></thead>
      <tbody>\(rows)</tbody></table></div></figure>

      """
  }

  private var reliability: HTML {
    let size = 240.0
    let (left, top) = (40.0, 8.0)
    let width = size / Double(max(1, bins.count))
    let largest = Double(max(1, bins.map(\.count).max() ?? 1))
    let bars = bins.enumerated().map { index, bin -> HTML in
      guard bin.count > 0 else { return "" }
      let x = left + Double(index) * width
      let height = bin.accuracy * size
      let gap = abs(bin.confidence - bin.accuracy) * size
      let gapTop = top + size - max(bin.confidence, bin.accuracy) * size
      let text =
        "confidence \(ReportNumber.percent(bin.confidence)), "
        + "right \(ReportNumber.percent(bin.accuracy)), \(bin.count) examples"
      return """
        <g><title>\(text)</title>\
        <rect class="bar" x="\(at(x + 1))" y="\(at(top + size - height))" \
        width="\(at(width - 2))" height="\(at(height))"/>\
        <rect class="gap" x="\(at(x + 1))" y="\(at(gapTop))" width="\(at(width - 2))" \
        height="\(at(gap))"/>\
        <rect class="count" x="\(at(x + 1))" \
        y="\(at(top + size + 60 - 40 * Double(bin.count) / largest))" \
        width="\(at(width - 2))" height="\(at(40 * Double(bin.count) / largest))"/></g>
        """
    }
    let marks = [0.0, 0.25, 0.5, 0.75, 1].map { mark -> HTML in
      """
      <path class="grid" d="M40 \(at(top + size - mark * size))h240"/>\
      <text class="axis" x="34" y="\(at(top + size - mark * size + 4))" \
      text-anchor="end">\(ReportNumber.plain(mark, 2))</text>\
      <text class="axis" x="\(at(left + mark * size))" y="324" \
      text-anchor="middle">\(ReportNumber.plain(mark, 2))</text>
      """
    }
    return """
      <figure><figcaption>Reliability: share of right answers, and its gap to confidence \
      (shaded); ECE \(ReportNumber.plain(ece, 4))</figcaption>
      <svg class="square" viewBox="0 0 300 346" role="img" \
      aria-label="Share of right answers by confidence; the expected calibration error is \
      \(ReportNumber.plain(ece, 4))">
      \(marks)\(bars)<path class="diagonal" d="M40 248L280 8"/>
      <text class="axis" x="280" y="342" text-anchor="end">confidence; below, examples</text>
      </svg></figure>

      """
  }

  private func at(_ value: Double) -> String { ReportNumber.plain(value, 1) }
}
