/// The test accuracy of every student: a mark at the mean over its seeds, a bar of one standard deviation, a
/// small ring for each seed, and a line at its teacher's accuracy.
struct AccuracyChart {
  let entries: [PageModel.Entry]
  private let axis: Axis
  private let teachers: [Double]

  /// The chart of entries with an accuracy; nil for no entries.
  init?(_ entries: [PageModel.Entry]) {
    guard !entries.isEmpty else { return nil }
    self.entries = entries
    let samples = entries.map(\.group.accuracy)
    teachers = entries.compactMap(\.teacher)
    let values = samples.flatMap { sample -> [Double] in
      let reach = (sample.deviation ?? 0)
      return [sample.range?.least, sample.range?.greatest].compactMap(\.self)
        + (sample.mean.map { [max(0, $0 - reach), min(1, $0 + reach)] } ?? [])
    }
    let all = (values + teachers).map { 100 * $0 }
    let (low, high) = (all.min() ?? 0, all.max() ?? 100)
    // A single value gets an axis of ± 5 % around it.
    axis = high > low ? Axis(low, high) : Axis(max(0, low - 5), min(100, high + 5))
  }

  var html: HTML {
    let rows = entries.map { row($0) }
    let seeds = entries.map(\.group.accuracy.count).max() ?? 1
    let spread =
      seeds > 1
      ? "the mean over the runs, a bar of one standard deviation, a ring for each run" : ""
    let words = [spread, teachers.isEmpty ? "" : "dashed, the teacher"].filter { !$0.isEmpty }
    return """
      <table class="accuracy"><caption>Test accuracy in percent\
      \(words.isEmpty ? "" : ": " + words.joined(separator: "; "))</caption>
      <colgroup><col class="names"/><col/><col class="values"/></colgroup>
      <thead><tr><th scope="col">\(entries.count > 1 ? "students" : "model")</th>\
      <th scope="col">chart</th><th scope="col">test accuracy</th></tr></thead>
      <tbody>
      \(rows)</tbody>
      <tfoot aria-hidden="true"><tr><td></td><td>\(scale)</td><td></td></tr></tfoot></table>

      """
  }

  private func row(_ entry: PageModel.Entry) -> HTML {
    let sample = entry.group.accuracy
    let runs = entry.group.members.compactMap { member -> HTML? in
      member.stage.score?.accuracy.map { share in
        """
        <circle class="ring c\(Palette.look(entry.look))" cx="\(at(share))" cy="14" r="3">\
        <title>\(member.run.name): \(ReportNumber.percent(share))</title></circle>
        """
      }
    }
    let teacher: HTML =
      entry.teacher.map {
        """
        <line class="teacher" x1="\(at($0))" x2="\(at($0))" y1="0" y2="28">\
        <title>teacher: \(ReportNumber.percent($0))</title></line>
        """
      } ?? ""
    let grid = axis.ticks.map { tick -> HTML in
      let place = "\(ReportNumber.plain(100 * tick.position, 2))%"
      return "<line class=\"grid\" x1=\"\(place)\" x2=\"\(place)\" y1=\"0\" y2=\"28\"/>"
    }
    return """
      <tr><th scope="row">\(HTML.key(entry.look))\(entry.label)</th>\
      <td><svg class="strip" height="28" role="img"><title>\(description(entry))</title>\
      \(grid)\(teacher)\(bar(entry))\(runs.count > 1 ? runs : [])\(mark(entry))</svg></td>\
      <td>\(sample.text(2, times: 100)) %</td></tr>

      """
  }

  private func description(_ entry: PageModel.Entry) -> String {
    let sample = entry.group.accuracy
    return "\(entry.label): \(sample.text(2, times: 100)) %"
      + (sample.count > 1 ? " over \(sample.count) runs" : "")
      + (entry.teacher.map { "; teacher \(ReportNumber.percent($0))" } ?? "")
  }

  private func mark(_ entry: PageModel.Entry) -> HTML {
    guard let mean = entry.group.accuracy.mean else { return "" }
    return """
      <svg x="\(at(mean))" y="14" width="1" height="1" overflow="visible">\
      <g transform="scale(1.5)">\(Palette.mark(Palette.look(entry.look), x: 0, y: 0))</g></svg>
      """
  }

  private func bar(_ entry: PageModel.Entry) -> HTML {
    let sample = entry.group.accuracy
    guard let mean = sample.mean, let deviation = sample.deviation, deviation > 0 else { return "" }
    return """
      <line class="spread c\(Palette.look(entry.look))" x1="\(at(max(0, mean - deviation)))" \
      x2="\(at(min(1, mean + deviation)))" y1="14" y2="14"/>
      """
  }

  /// The labels of the axis.
  private var scale: HTML {
    let ticks = axis.ticks.map { tick -> HTML in
      """
      <text class="axis" x="\(ReportNumber.plain(100 * tick.position, 2))%" y="14" \
      text-anchor="middle">\(tick.label)</text>
      """
    }
    // If all students have the same teacher, its line is labelled.
    let shared = Set(teachers).count == 1 ? teachers.first : nil
    let name: HTML =
      shared.map {
        "<text class=\"axis\" x=\"\(at($0))\" y=\"28\" text-anchor=\"middle\">teacher</text>"
      } ?? ""
    return "<svg class=\"strip\" height=\"32\">\(ticks)\(name)</svg>"
  }

  private func at(_ share: Double) -> String {
    "\(ReportNumber.plain(100 * axis.position(100 * share), 2))%"
  }
}

extension PageModel.Entry {
  /// The mean accuracy of the teachers.
  fileprivate var teacher: Double? { group.sample { $0.teacher?.accuracy }.mean }
}
