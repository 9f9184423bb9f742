/// The results: a chart of the students' accuracies, and tables.
struct ResultSection {
  let model: PageModel

  var html: HTML {
    let notes = model.damage.map { "<p class=\"note\">\($0)</p>\n" as HTML }
    return """
      \(AccuracyChart(model.scored)?.html ?? "")\(students)\(stages)\(teachers)\(retrieval)\(exits)\(notes)
      """
  }

  /// The table of students over their seeds; empty unless one has several.
  private var students: HTML {
    let scored = model.scored
    guard scored.contains(where: { $0.group.ended.count > 1 }) else { return "" }
    let hasThirds = scored.contains { $0.group.thirds != nil }
    var table = DataTable(
      name: "students over their runs",
      columns: ["student", "labels", "runs", "test accuracy"]
        + (hasThirds ? ["head", "middle", "tail"] : [])
        + ["agreement", "NLL", "ECE", "steps", "teacher evaluations", "time"])
    for entry in scored {
      let group = entry.group
      let thirds: [DataTable.Cell] =
        group.thirds?.map { .sample($0, 1, times: 100, unit: " %") }
        ?? (0..<3).map { _ in .number("–", nil) }
      table.rows.append(
        (
          entry.look == model.best?.look,
          [
            .text(entry.label), .count(group.labels), .count(group.ended.count),
            .sample(group.accuracy, 2, times: 100, unit: " %"),
          ] + (hasThirds ? thirds : []) + [
            .sample(group.sample(\.agreement), 2, times: 100, unit: " %"),
            .sample(group.sample(\.score.nll), 3), .sample(group.sample(\.score.ece), 3),
            .count(group.count(\.steps)), .count(group.count(\.teacherEvaluations)),
            .duration(group.sample(\.seconds).mean),
          ]
        ))
    }
    let note: HTML =
      hasThirds
      ? """
      <p class="note">Head, middle and tail are thirds of the classes by training examples: the mean \
      share of each class’s test examples that is right.</p>

      """ : ""
    return "\(table.html)\(note)"
  }

  private var stages: HTML {
    let hasBest = model.runs.contains { $0.stages.contains { $0.result?.best != nil } }
    let hasRuns = model.runs.count > 1
    var table = DataTable(
      name: "results of all stages",
      columns: ["stage"] + (hasRuns ? ["run"] : []) + ["trains", "test accuracy"]
        + (hasBest ? ["best validation"] : [])
        + [
          "agreement", "NLL", "ECE", "parameters", "MACs", "labels", "teacher evaluations", "steps",
          "time",
        ])
    let best = model.runs.flatMap(\.stages).filter { $0.role == .student }
      .compactMap { $0.score?.accuracy }.max()
    for run in model.runs {
      for stage in run.stages {
        let isBest = stage.role == .student && best != nil && stage.score?.accuracy == best
        let head: [DataTable.Cell] = [.text(stage.name)] + (hasRuns ? [.text(run.name)] : [])
        table.rows.append(
          (isBest, head + cells(stage, count: table.columns.count - head.count, hasBest)))
      }
    }
    guard hasRuns else { return table.html }
    return
      "<details open=\"open\"><summary>Every stage of every run</summary>\(table.html)</details>\n"
  }

  /// A table of the listed teachers and their means.
  private var teachers: HTML {
    let hasRuns = model.runs.count > 1
    var table = DataTable(
      name: "teachers by name",
      columns: ["stage"] + (hasRuns ? ["run"] : []) + [
        "teacher", "test accuracy", "NLL", "ECE", "parameters", "MACs",
      ])
    for run in model.runs {
      var seen: Set<String> = []
      for stage in run.stages {
        guard let result = stage.result, !result.teachers.isEmpty,
          seen.insert(stage.name).inserted
        else { continue }
        let asOne = result.teachers.count > 1 ? result.teacher.map { [("all as one", $0)] } : nil
        for (name, score) in result.teachers + (asOne ?? []) {
          table.rows.append(
            (
              false,
              [.text(stage.name)] + (hasRuns ? [.text(run.name)] : []) + [
                .text(name), .percent(score.accuracy), .decimals(score.nll),
                .decimals(score.ece), .count(score.parameters), .count(score.macs),
              ]
            ))
        }
      }
    }
    return table.rows.isEmpty ? "" : table.html
  }

  /// A table of how often models of vectors find what belongs together; empty where there are none.
  private var retrieval: HTML {
    let hasRuns = model.runs.count > 1
    var table = DataTable(
      name: "retrieval on the test pairs",
      columns: ["stage"] + (hasRuns ? ["run"] : [])
        + ["model", "recall at 1", "recall at 10", "MRR", "documents"])
    for run in model.runs {
      for stage in run.stages {
        guard let result = stage.result else { continue }
        let listed = result.teacher.map { [("teacher", $0)] } ?? []
        for (name, score) in listed + [(result.role.rawValue, result.score)] {
          guard let found = score.retrieval else { continue }
          table.rows.append(
            (
              false,
              [.text(stage.name)] + (hasRuns ? [.text(run.name)] : []) + [
                .text(name), .percent(found.recallAt1), .percent(found.recallAt10),
                .decimals(found.meanReciprocalRank), .count(found.documents),
              ]
            ))
        }
      }
    }
    guard !table.rows.isEmpty else { return "" }
    return """
      \(table.html)<p class="note">Each query of the test pairs looks for its own document among all: the recall at \
      1, called test accuracy above, is the share of queries that it is nearest to.</p>

      """
  }

  /// A table of classifiers behind earlier layers; empty where there are none.
  private var exits: HTML {
    let hasRuns = model.runs.count > 1
    var table = DataTable(
      name: "early exits on the test set",
      columns: ["stage"] + (hasRuns ? ["run"] : [])
        + ["exit behind", "test accuracy", "NLL", "MACs", "ms for 1,000 examples"])
    for run in model.runs {
      for stage in run.stages {
        for exit in stage.score?.exits ?? [] {
          table.rows.append(
            (
              false,
              [.text(stage.name)] + (hasRuns ? [.text(run.name)] : []) + [
                .text(exit.module ?? "all layers"), .percent(exit.accuracy), .decimals(exit.nll),
                .count(exit.macs), .decimals(1e6 * exit.secondsPerExample),
              ]
            ))
        }
      }
    }
    return table.rows.isEmpty ? "" : table.html
  }

  private func cells(_ stage: StageRecord, count: Int, _ hasBest: Bool) -> [DataTable.Cell] {
    guard let result = stage.result else {
      var cell = DataTable.Cell.text("unfinished, at step \(stage.lastStep)")
      cell.span = count
      return [cell]
    }
    let best = result.best.map {
      "\(ReportNumber.percent($0.accuracy)) at \(ReportNumber.count($0.step))"
        + (result.isBestKept ? ", kept" : "")
    }
    return [
      .text(result.role.rawValue), .percent(result.score.accuracy),
    ] + (hasBest ? [.number(best ?? "–", result.best?.accuracy)] : []) + [
      .percent(result.agreement), .decimals(result.score.nll), .decimals(result.score.ece),
      .count(result.score.parameters), .count(result.score.macs), .count(result.labelledExamples),
      .count(result.teacherEvaluations), .count(result.steps), .duration(result.seconds),
    ]
  }
}
