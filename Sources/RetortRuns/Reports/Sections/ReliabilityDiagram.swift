/// A reliability diagram: accuracy by confidence.
struct ReliabilityDiagram {
  private let bins: [EvaluationRecord.Bin]
  private let ece: String
  // The size and position of the plot in the drawing's units.
  private let size = 240.0, left = 40.0, top = 8.0

  /// The diagram; nil without bins or with too many.
  init?(_ evaluation: EvaluationRecord) {
    guard (1...100).contains(evaluation.bins.count) else { return nil }
    bins = evaluation.bins
    ece = evaluation.ece.map { "; ECE \(ReportNumber.plain($0, 4))" } ?? ""
  }

  var html: HTML {
    let largest = max(1, bins.map(\.count).max() ?? 1)
    let bars = bins.enumerated().map { bar($0.offset, $0.element, largest) }
    let marks = [0.0, 0.25, 0.5, 0.75, 1].map(grid)
    return """
      <figure><figcaption>Reliability: share of right answers, and its gap to confidence \
      (hatched)\(ece)</figcaption>
      <svg class="square" viewBox="0 0 300 346" role="img"><title>Share of right answers by \
      confidence\(ece)</title>
      \(marks)\(bars)<path class="diagonal" d="M40 248L280 8"/>
      <text class="axis" x="280" y="342" text-anchor="end">confidence; below, examples</text>
      </svg></figure>

      """
  }

  /// The fill pattern of gaps, defined once per page.
  static let pattern: HTML = """
    <svg class="patterns" width="0" height="0" aria-hidden="true"><defs><pattern id="hatch" width="6" \
    height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><path class="hatch" \
    d="M0 0V6"/></pattern></defs></svg>

    """

  private func bar(_ index: Int, _ bin: EvaluationRecord.Bin, _ largest: Double) -> HTML {
    guard bin.count > 0 else { return "" }
    let width = size / Double(bins.count)
    let x = left + Double(index) * width
    let gap = abs(bin.confidence - bin.accuracy) * size
    let gapTop = top + size - max(bin.confidence, bin.accuracy) * size
    let tall = 40 * bin.count / largest
    let text =
      "confidence \(ReportNumber.percent(bin.confidence)), "
      + "right \(ReportNumber.percent(bin.accuracy)), \(ReportNumber.plain(bin.count, 0)) examples"
    func rectangle(_ kind: String, _ y: Double, _ height: Double) -> HTML {
      """
      <rect class="\(kind)" x="\(HTML.place(x + 1))" y="\(HTML.place(y))" \
      width="\(HTML.place(max(0.5, width - 2)))" height="\(HTML.place(height))"/>
      """
    }
    return """
      <g><title>\(text)</title>\
      \(rectangle("bar", top + (1 - bin.accuracy) * size, bin.accuracy * size))\
      \(rectangle("gap", gapTop, gap))\(rectangle("count", top + size + 60 - tall, tall))</g>
      """
  }

  private func grid(_ mark: Double) -> HTML {
    let y = top + (1 - mark) * size
    return """
      <path class="grid" d="M40 \(HTML.place(y))h240"/>\
      <text class="axis" x="34" y="\(HTML.place(y + 4))" \
      text-anchor="end">\(ReportNumber.plain(mark, 2))</text>\
      <text class="axis" x="\(HTML.place(left + mark * size))" y="324" \
      text-anchor="middle">\(ReportNumber.plain(mark, 2))</text>
      """
  }
}
