/// The confusion matrix as a shaded table; for many classes, a list of the most frequent mistakes.
struct ConfusionMatrix {
  private let evaluation: EvaluationRecord

  /// The largest number of classes in a matrix and in one with numbers, and the number of listed mistakes.
  private static let classLimit = 64, numberLimit = 20, mistakeLimit = 30

  init(_ evaluation: EvaluationRecord) { self.evaluation = evaluation }

  var html: HTML {
    evaluation.classes.count > Self.classLimit ? mistakes : matrix
  }

  private var matrix: HTML {
    let classes = evaluation.classes
    let head = classes.map { "<th scope=\"col\"><span>\($0)</span></th>" as HTML }
    let rows = classes.indices.map { label -> HTML in
      let row = evaluation.confusion[label]
      let total = max(1, row.reduce(0, +))
      let cells = row.enumerated().map { prediction, count -> HTML in
        let share = 100 * count / total
        let text = "\(classes[label]) taken for \(classes[prediction]): \(Self.count(count))"
        return """
          <td class="\(prediction == label ? "right" : "wrong")" \
          style="--share:\(ReportNumber.plain(share, 1))%" title="\(text)">\
          \(classes.count > Self.numberLimit ? "" : Self.count(count))</td>
          """
      }
      return "<tr><th scope=\"row\">\(classes[label])</th>\(cells)</tr>\n"
    }
    return """
      <figure class="wide"><figcaption>Confusion: label by row, prediction by column</figcaption>
      <div class="scroll" tabindex="0" role="region" aria-label="confusion matrix">\
      <table class="confusion" style="--columns:\(classes.count)">
      <thead><tr><td></td>\(head)</tr></thead>
      <tbody>\(rows)</tbody></table></div></figure>

      """
  }

  private var mistakes: HTML {
    let classes = evaluation.classes
    var found: [(label: Int, prediction: Int, count: Double)] = []
    for (label, row) in evaluation.confusion.enumerated() {
      for (prediction, count) in row.enumerated() where prediction != label && count > 0 {
        found.append((label, prediction, count))
      }
    }
    found.sort { ($1.count, $0.label, $0.prediction) < ($0.count, $1.label, $1.prediction) }
    var table = DataTable(
      name: "most frequent mistakes", columns: ["label", "taken for", "examples", "of its label"])
    for mistake in found.prefix(Self.mistakeLimit) {
      let total = evaluation.confusion[mistake.label].reduce(0, +)
      table.rows.append(
        (
          false,
          [
            .text(classes[mistake.label]), .text(classes[mistake.prediction]),
            .number(Self.count(mistake.count), mistake.count), .percent(mistake.count / total),
          ]
        ))
    }
    return """
      <figure class="wide"><figcaption>The \(table.rows.count) most frequent mistakes of \
      \(ReportNumber.count(found.count)), among \(classes.count) classes</figcaption>
      \(table.html)</figure>

      """
  }

  /// A count as text in a cell.
  private static func count(_ count: Double) -> String { ReportNumber.plain(count, 0) }
}
