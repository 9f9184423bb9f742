/// How far searches can be trusted: what was estimated of them, with intervals.
struct BoundsSection {
  let model: PageModel

  var parts: [HTML] {
    let found = model.students.flatMap { entry in
      entry.group.members.compactMap { member in
        member.stage.bounds.map { (entry: entry, run: member.run, report: $0) }
      }
    }
    let best = found.lastIndex { $0.entry.look == model.best?.look } ?? found.indices.last
    return found.enumerated().map { index, part in
      let run = part.entry.group.members.count > 1 ? ", \(part.run.name)" : ""
      return .folding(part.entry.label + run, isFirst: index == best, view(of: part.report))
    }
  }

  private func view(of report: BoundsReport) -> HTML {
    let findings = report.findings.map { "<p class=\"note\">\($0)</p>\n" as HTML }
    let tables = report.groups.map { group, lines -> HTML in
      var table = DataTable(name: group, columns: [group, "estimate", "95 %"])
      for line in lines {
        table.rows.append((false, [.text(line.title), .text(line.value), .text(line.interval)]))
      }
      return table.html
    }
    return """
      <p class="note">\(ReportNumber.count(report.examples)) training examples, what the search makes of them, and \
      as many test examples.</p>
      \(findings)\(tables)
      """
  }
}
