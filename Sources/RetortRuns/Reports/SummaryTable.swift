/// The results of the students of several runs, in Markdown: stages of one name, recipe and number of labels,
/// such as runs with different seeds, form one row of means and sample standard deviations.
public struct SummaryTable: Sendable {
  private let runs: [RunRecord]

  /// The table of all completed student stages of `runs`, with rows by number of labels, then in the order in
  /// which stages first appear.
  public init(_ runs: [RunRecord]) { self.runs = RunRecord.distinct(runs) }

  /// The table with a header; only the header if no student has been completed.
  ///
  /// If some classes have less than half as many training examples as others, the columns head, middle and
  /// tail are the mean recalls of the classes' thirds by frequency.
  public var markdown: String {
    let groups = StageGroup.students(of: runs)
    let hasThirds = groups.contains { $0.thirds != nil }
    let columns =
      ["labels", "stage", "runs", "test accuracy"] + (hasThirds ? ["head", "middle", "tail"] : [])
      + ["agreement", "NLL", "ECE", "steps", "teacher evaluations", "time"]
    let head = [columns, columns.map { _ in "---" }]
    let rows = zip(groups, names(groups)).map { cells($0, $1, hasThirds: hasThirds) }
    return (head + rows)
      .map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
  }

  /// The stages' names, with their runs if two rows would have the same name and number of labels.
  private func names(_ groups: [StageGroup]) -> [String] {
    groups.map { group in
      let twins = groups.filter { $0.stage == group.stage && $0.labels == group.labels }
      return twins.count > 1 ? "\(group.stage) (\(group.runs))" : group.stage
    }.map(Self.cell)
  }

  /// `text` as the content of a cell, with bars escaped.
  private static func cell(_ text: String) -> String {
    String(text.map { $0.isNewline ? " " : $0 }).replacing("|", with: "\\|")
  }

  private func cells(_ group: StageGroup, _ name: String, hasThirds: Bool) -> [String] {
    let thirds = group.thirds?.map { $0.text(1, times: 100) + " %" } ?? ["–", "–", "–"]
    return [
      ReportNumber.count(group.labels ?? 0), name, "\(group.ended.count)",
      group.accuracy.text(2, times: 100) + " %",
    ] + (hasThirds ? thirds : []) + [
      group.sample(\.agreement).text(2, times: 100) + " %",
      group.sample(\.score.nll).text(3), group.sample(\.score.ece).text(3),
      ReportNumber.count(group.count(\.steps)),
      ReportNumber.count(group.count(\.teacherEvaluations)),
      group.sample(\.seconds).mean.map { duration($0) } ?? "–",
    ]
  }
}
