import RetortFormats

/// What a search found: its samples with both opinions, and the divergence along it.
struct ExplorationView {
  private let json: JSONValue

  init(_ json: JSONValue) { self.json = json }

  /// The mean divergence by steps of the search.
  var divergence: [(x: Double, y: Double)] {
    (json["steps"]?.array ?? []).enumerated().compactMap { index, step in
      step["divergence"]?.double.map { (Double(index), $0) }
    }
  }

  /// The figures along the search, and the samples.
  var html: HTML {
    let steps = (json["steps"]?.array ?? []).enumerated().map { ("step \($0.offset)", $0.element) }
    let rows = ([("originals", json["originals"] ?? .null)] + steps).map { name, step -> HTML in
      """
      <tr><th scope="row">\(name)</th>\
      <td>\(step["divergence"]?.double.map { fixed($0, 4) } ?? "–")</td>\
      <td>\(ReportNumber.percent(step["teacherConfidence"]?.double))</td>\
      <td>\(ReportNumber.percent(step["studentConfidence"]?.double))</td>\
      <td>\(ReportNumber.percent(step["agreement"]?.double))</td></tr>

      """
    }
    return """
      <div class="scroll" tabindex="0" role="region" aria-label="figures">\
      <table><thead><tr><td></td><th scope="col">divergence</th>\
      <th scope="col">teacher sure</th><th scope="col">student sure</th>\
      <th scope="col">agreement</th></tr></thead>
      <tbody>\(rows)</tbody></table></div>
      \(samples)
      """
  }

  private var samples: HTML {
    let paths = (json["samples"]?.array ?? []).map { $0.array ?? [] }
    guard let titles = paths.first?.map({ $0["title"]?.string ?? "" }) else { return "" }
    let rows = titles.indices.map { row -> HTML in
      let cells = paths.map { path -> HTML in
        row < path.count ? cell(path[row], titles[row]) : "<td></td>"
      }
      return "<tr><th scope=\"row\">\(titles[row])</th>\(cells)</tr>\n"
    }
    return """
      <p class="note">Each column is one training example on its way through the search. \
      <b class="t">T</b> is the teacher’s opinion, <b class="s">S</b> the student’s, D their \
      divergence; where they name different classes the cell is framed.</p>
      <div class="scroll" tabindex="0" role="region" aria-label="samples">\
      <table class="samples"><tbody>\(rows)</tbody></table></div>

      """
  }

  private func cell(_ sample: JSONValue, _ title: String) -> HTML {
    let (teacher, student) = (opinions(sample["teacher"]), opinions(sample["student"]))
    let differs = teacher.first?.name != student.first?.name
    let divergence = sample["divergence"]?.double.map { fixed($0, 3) } ?? "–"
    let alternative =
      "\(title): teacher \(teacher.first?.name ?? "none"), "
      + "student \(student.first?.name ?? "none"), divergence \(divergence)"
    return """
      <td class="\(differs ? "differs" : "alike")">\
      <img src="data:image/png;base64,\(picture(sample))" alt="\(alternative)"/>\
      \(list("t", "T", teacher))\(list("s", "S", student))<div class="d">D \(divergence)</div></td>
      """
  }

  private func list(
    _ style: String, _ letter: String, _ opinions: [(name: String, probability: Double)]
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

  private func opinions(_ json: JSONValue?) -> [(name: String, probability: Double)] {
    (json?.array ?? []).map { ($0["class"]?.string ?? "", $0["probability"]?.double ?? 0) }
  }

  /// The picture in base 64; nothing where the file has other characters there.
  private func picture(_ sample: JSONValue) -> String {
    let text = sample["picture"]?.string ?? ""
    return text.utf8.allSatisfy { $0 > 0x2A && $0 < 0x7B } ? text : ""
  }
}
