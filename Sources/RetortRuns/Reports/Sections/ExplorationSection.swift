/// The results of searches: the divergence along them, and examples with both models' predictions.
struct ExplorationSection {
  let model: PageModel

  var parts: [HTML] {
    var parts: [HTML] = []
    let paths = model.students.compactMap { entry -> LineChart.Series? in
      let curves = entry.group.ended.compactMap(\.exploration?.divergence)
      let curve = Curve.mean(of: curves)
      guard curve.points.count > 1 || curve.leftOut > 0 else { return nil }
      return LineChart.Series(label: entry.label, look: entry.look, curve: curve)
    }
    if !paths.isEmpty {
      let chart = LineChart(
        title: "Divergence along the search", xLabel: "step of the search", series: paths)
      parts.append(
        """
        <div class="group">\(HTML.legend(paths.map { ($0.label, $0.look) }))\
        <div class="charts">\(chart.html)</div></div>

        """)
    }
    let found = model.entries.flatMap { entry in
      entry.group.members.compactMap { member in
        member.stage.exploration.map { (entry: entry, run: member.run, record: $0) }
      }
    }
    let best = found.lastIndex { $0.entry.look == model.best?.look } ?? found.indices.last
    for (index, part) in found.enumerated() {
      let run = part.entry.group.members.count > 1 ? ", \(part.run.name)" : ""
      parts.append(
        .folding(
          part.entry.label + run, isFirst: index == best, ExplorationView(part.record).html))
    }
    return parts
  }
}

/// The results of one search: its figures and its examples.
private struct ExplorationView {
  let record: ExplorationRecord

  init(_ record: ExplorationRecord) { self.record = record }

  var html: HTML {
    var table = DataTable(
      name: "figures of the search",
      columns: ["examples", "divergence", "teacher sure", "student sure", "agreement"])
    let steps = record.steps.enumerated().map { ("step \($0.offset)", $0.element) }
    for (name, figures) in [("originals", record.originals)] + steps {
      table.rows.append(
        (
          false,
          [
            .text(name), .decimals(figures.divergence), .percent(figures.teacherConfidence),
            .percent(figures.studentConfidence), .percent(figures.agreement),
          ]
        ))
    }
    return "\(table.html)\(examples)"
  }

  private var examples: HTML {
    guard !record.samples.isEmpty else { return "" }
    let paths = record.samples.enumerated().map { index, path -> HTML in
      """
      <li><ol class="path" aria-label="example \(index + 1)">\(path.map(picture))</ol></li>

      """
    }
    return """
      <p class="note">Each strip is one training example on its way through the search. \
      <b class="t">T</b> is the teacher’s opinion, <b class="s">S</b> the student’s, with percent, and D \
      their divergence; a frame marks where they name different classes.</p>
      <ul class="paths">\(paths)</ul>

      """
  }

  private func picture(_ picture: ExplorationRecord.Picture) -> HTML {
    let divergence = picture.divergence.map { fixed($0, 3) } ?? "–"
    let alternative =
      "\(picture.title): teacher \(picture.teacher.first?.name ?? "none"), "
      + "student \(picture.student.first?.name ?? "none"), divergence \(divergence)"
    return """
      <li class="\(picture.isAgreed ? "alike" : "differs")"><p class="at">\(picture.title)</p>\
      <img src="data:image/png;base64,\(picture.png)" alt="\(alternative)"/>\
      \(opinions("t", "T", picture.teacher))\(opinions("s", "S", picture.student))\
      <div class="d">D \(divergence)</div></li>
      """
  }

  private func opinions(
    _ style: String, _ letter: String, _ opinions: [ExplorationRecord.Opinion]
  ) -> HTML {
    let lines = opinions.enumerated().map { index, opinion -> HTML in
      """
      <div class="opinion\(index == 0 ? " first" : "")" \
      style="--share:\(ReportNumber.plain(100 * opinion.probability, 1))%">\
      <b class="\(style)">\(index == 0 ? letter : "")</b><span>\(opinion.name)</span>\
      <i>\(fixed(100 * opinion.probability, 0))</i></div>
      """
    }
    return "<div class=\"\(style)\">\(lines)</div>"
  }
}
