/// A table on a page.
///
/// The script sorts it by any column. On narrow screens each row of many columns becomes a card with the
/// columns' names.
struct DataTable {
  /// A cell with its sort key.
  struct Cell {
    let html: HTML
    /// The number to sort by; nil sorts last, except for a text.
    var value: Double?
    var isText = false
    /// The number of columns that the cell spans.
    var span = 1

    /// A text, sorted alphabetically.
    static func text(_ text: String) -> Cell { Cell(html: "\(text)", isText: true) }

    /// Markup, sorted by its text.
    static func html(_ html: HTML) -> Cell { Cell(html: html, isText: true) }

    /// A formatted number with its value.
    static func number(_ text: String, _ value: Double?) -> Cell {
      Cell(html: "\(text)", value: value)
    }

    /// A share in percent.
    static func percent(_ share: Double?) -> Cell { number(ReportNumber.percent(share), share) }

    /// A number with four decimals.
    static func decimals(_ value: Double?) -> Cell { number(ReportNumber.decimals(value), value) }

    /// A count with digits in groups of three.
    static func count(_ value: Int?) -> Cell {
      number(ReportNumber.count(value), value.map(Double.init))
    }

    /// The mean of a sample with its standard deviation.
    static func sample(_ sample: Sample, _ digits: Int, times scale: Double = 1, unit: String = "")
      -> Cell
    {
      number(sample.text(digits, times: scale) + (sample.count > 0 ? unit : ""), sample.mean)
    }

    /// A duration.
    static func duration(_ seconds: Double?) -> Cell {
      number(seconds.map { RetortRuns.duration($0) } ?? "–", seconds)
    }
  }

  /// The number of columns that fit on any screen.
  private static let fewColumns = 5

  /// A description of the table, for screen readers.
  let name: String
  /// The columns' titles; the first column has the rows' headers.
  let columns: [String]
  /// The rows, which may be highlighted.
  var rows: [(isMarked: Bool, cells: [Cell])] = []

  var html: HTML {
    let head = columns.enumerated().map { index, title -> HTML in
      let isText = rows.first.map { $0.cells.indices.contains(index) && $0.cells[index].isText }
      return "<th scope=\"col\"\(isText == true ? " class=\"word\"" : "" as HTML)>\(title)</th>"
    }
    let body = rows.map { row -> HTML in
      let cells = zip(columns, row.cells).enumerated().map { index, pair in
        cell(pair.0, pair.1, isHead: index == 0)
      }
      return "<tr\(row.isMarked ? " class=\"best\"" : "" as HTML)>\(cells)</tr>\n"
    }
    return """
      <div class="scroll" tabindex="0" role="region" aria-label="\(name)">\
      <table class="results"\(columns.count > Self.fewColumns ? "" : " data-few=\"few\"" as HTML)>
      <thead><tr>\(head)</tr></thead>
      <tbody>
      \(body)</tbody></table></div>

      """
  }

  private func cell(_ column: String, _ cell: Cell, isHead: Bool) -> HTML {
    let value: HTML = cell.value.map { " data-value=\"\(HTML(markup: "\($0)"))\"" } ?? ""
    let span: HTML = cell.span > 1 ? " colspan=\"\(cell.span)\"" : ""
    let kind: HTML = cell.isText ? " class=\"word\"" : ""
    guard isHead else {
      return "<td\(kind)\(value)\(span) data-label=\"\(column)\">\(cell.html)</td>"
    }
    return "<th scope=\"row\"\(value)>\(cell.html)</th>"
  }
}
