/// The results on the test set: the recall of each class, and for every model its confusion matrix and
/// reliability diagram.
struct TestSection {
  let model: PageModel

  /// The largest number of classes in the table of recalls.
  private static let classLimit = 24

  /// The parts, each of which can be folded.
  var parts: [HTML] {
    let evaluations = model.entries.compactMap { entry -> (PageModel.Entry, EvaluationRecord)? in
      entry.group.evaluation.map { (entry, $0) }
    }
    let apart = model.entries.filter { entry in
      entry.group.evaluation == nil && entry.group.ended.contains { $0.evaluation != nil }
    }
    let notes = apart.map { entry -> HTML in
      """
      <p class="note">The runs of \(entry.label) have different classes, so their evaluations are no \
      sum.</p>

      """
    }
    let best = model.best.map { "\($0.group.role?.rawValue ?? "") \($0.look)" }
    let views = evaluations.map { entry, evaluation -> HTML in
      let isBest = "\(entry.group.role?.rawValue ?? "") \(entry.look)" == best
      let runs = evaluation.runs > 1 ? ", all \(evaluation.runs) runs together" : ""
      return HTML.folding(
        "\(entry.label)\(runs)", isFirst: isBest || best == nil,
        "<div class=\"pair\">\(ConfusionMatrix(evaluation).html)\(ReliabilityDiagram(evaluation)?.html ?? "")</div>\n"
      )
    }
    return [recalls(evaluations)] + views + notes
  }

  /// The table of recalls by class, with a row per model.
  private func recalls(_ evaluations: [(PageModel.Entry, EvaluationRecord)]) -> HTML {
    guard evaluations.count > 1, let classes = evaluations.first?.1.classes,
      classes.count <= Self.classLimit, evaluations.allSatisfy({ $0.1.classes == classes })
    else { return "" }
    let head = classes.map { "<th scope=\"col\"><span>\($0)</span></th>" as HTML }
    let rows = evaluations.map { entry, evaluation -> HTML in
      let cells = evaluation.recalls.map { recall -> HTML in
        let percent = recall.map { 100 * $0 } ?? 0
        return """
          <td class="recall" style="--share:\(ReportNumber.plain(percent, 1))%">\
          \(recall.map { fixed(100 * $0, 0) } ?? "–")</td>
          """
      }
      return "<tr><th scope=\"row\">\(entry.label)</th>\(cells)</tr>\n"
    }
    return """
      <figure><figcaption>Share of each class’s test examples that is right, in percent</figcaption>
      <div class="scroll" tabindex="0" role="region" aria-label="recall by class">\
      <table class="confusion" style="--columns:\(classes.count)">
      <thead><tr><td></td>\(head)</tr></thead>
      <tbody>\(rows)</tbody></table></div></figure>

      """
  }
}

extension HTML {
  /// A part that can be folded under its title.
  ///
  /// It is open in the markup, so that it can be read and printed without a script; the script closes all but
  /// the first.
  static func folding(_ title: String, isFirst: Bool, _ content: HTML) -> HTML {
    """
    <details open="open"\(isFirst ? " data-first=\"first\"" : "" as HTML)><summary>\(title)</summary>
    \(content)</details>

    """
  }
}
