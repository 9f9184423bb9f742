import RetortFormats

/// Every stage of every run with what it came to.
struct ResultTable {
  private let runs: [RunRecord]

  init(_ runs: [RunRecord]) { self.runs = runs }

  private static let head = [
    "stage", "trains", "test accuracy", "best at step", "agreement", "NLL", "ECE", "parameters",
    "MACs", "labels",
    "teacher evaluations", "steps", "time",
  ]

  /// The table; the best student's accuracy is marked.
  var html: HTML {
    let best = runs.flatMap(\.stages).filter { $0.player == "student" }
      .compactMap { $0.score?["accuracy"]?.double }.max()
    let head = (runs.count > 1 ? ["run"] : []) + Self.head
    let columns = head.map { "<th scope=\"col\">\($0)</th>" as HTML }
    let body = runs.flatMap { run in run.stages.map { row(run, $0, best) } }
    return """
      <div class="scroll" tabindex="0" role="region" aria-label="results">\
      <table class="results">
      <thead><tr>\(columns)</tr></thead>
      <tbody>
      \(body)</tbody></table></div>

      """
  }

  private func row(_ run: RunRecord, _ stage: StageRecord, _ best: Double?) -> HTML {
    let first: HTML = runs.count > 1 ? "<th scope=\"row\">\(run.name)</th>" : ""
    guard let result = stage.result else {
      return """
        <tr>\(first)<th scope="row">\(stage.name)</th>\
        <td class="word" colspan="12">unfinished, at step \(stage.points.last?.step ?? 0)</td></tr>

        """
    }
    let score = stage.score
    let isBest = stage.player == "student" && best != nil && score?["accuracy"]?.double == best
    let bestStep = (result["best"]?.best).map {
      "\(ReportNumber.percent($0.accuracy)) at \(ReportNumber.count($0.step))"
    }
    return """
      <tr class="\(isBest ? "best" : "")">\(first)<th scope="row">\(stage.name)</th>\
      <td class="word">\(stage.player ?? "")</td>\
      <td><b>\(ReportNumber.percent(score?["accuracy"]?.double))</b></td>\
      <td>\(bestStep ?? "–")</td>\
      <td>\(ReportNumber.percent(result["agreement"]?.double))</td>\
      <td>\(decimals(score?["nll"]))</td><td>\(decimals(score?["ece"]))</td>\
      <td>\(ReportNumber.count(score?["parameters"]?.int))</td>\
      <td>\(ReportNumber.count(score?["macs"]?.int))</td>\
      <td>\(ReportNumber.count(result["labelledExamples"]?.int))</td>\
      <td>\(ReportNumber.count(result["teacherEvaluations"]?.int))</td>\
      <td>\(ReportNumber.count(result["steps"]?.int))</td>\
      <td>\(result["seconds"]?.double.map { duration($0) } ?? "–")</td></tr>

      """
  }

  private func decimals(_ json: JSONValue?) -> String {
    json?.double.map { fixed($0, 4) } ?? "–"
  }
}
