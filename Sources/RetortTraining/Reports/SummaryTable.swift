import RetortFormats

/// What the students of several runs came to, in Markdown: stages of one name and number of labels,
/// as runs with different seeds have them, make one row of means and sample standard deviations.
public struct SummaryTable: Sendable {
  private struct Row {
    let stage: String
    let labels: Int
    var results: [JSONValue]
  }

  private var rows: [Row] = []

  /// The table of all finished student stages of `runs`; rows by number of labels, then in the order
  /// in which stages first appear.
  public init(_ runs: [RunRecord]) {
    for stage in runs.flatMap(\.stages) where stage.player == "student" {
      guard let result = stage.result else { continue }
      let labels = result["labelledExamples"]?.int ?? 0
      if let index = rows.firstIndex(where: { $0.stage == stage.name && $0.labels == labels }) {
        rows[index].results.append(result)
      } else {
        rows.append(Row(stage: stage.name, labels: labels, results: [result]))
      }
    }
    let order = rows.map(\.stage)
    rows.sort {
      ($0.labels, order.firstIndex(of: $0.stage) ?? 0)
        < ($1.labels, order.firstIndex(of: $1.stage) ?? 0)
    }
  }

  /// The table with a head line; nothing but the head if no student has ended.
  public var markdown: String {
    let head = """
      | labels | stage | runs | test accuracy | agreement | NLL | ECE | teacher evaluations | time |
      |---|---|---|---|---|---|---|---|---|

      """
    return head + rows.map(line).joined(separator: "\n")
  }

  private func line(_ row: Row) -> String {
    func numbers(_ path: String...) -> [Double] {
      row.results.compactMap { result in
        path.reduce(Optional(result)) { $0?[$1] }?.double
      }
    }
    let cells = [
      ReportNumber.count(row.labels), row.stage, "\(row.results.count)",
      Self.text(numbers("student", "accuracy").map { 100 * $0 }, 2) + " %",
      Self.text(numbers("agreement").map { 100 * $0 }, 2) + " %",
      Self.text(numbers("student", "nll"), 3), Self.text(numbers("student", "ece"), 3),
      ReportNumber.count(Self.mean(numbers("teacherEvaluations")).map { Int($0.rounded()) }),
      Self.mean(numbers("seconds")).map { duration($0) } ?? "–",
    ]
    return "| " + cells.joined(separator: " | ") + " |"
  }

  private static func mean(_ values: [Double]) -> Double? {
    values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
  }

  /// Mean and, of two values or more, sample standard deviation.
  private static func text(_ values: [Double], _ digits: Int) -> String {
    guard let mean = mean(values) else { return "–" }
    guard values.count > 1 else { return fixed(mean, digits) }
    let squares = values.map { ($0 - mean) * ($0 - mean) }.reduce(0, +)
    let deviation = (squares / Double(values.count - 1)).squareRoot()
    return "\(fixed(mean, digits)) ± \(fixed(deviation, digits))"
  }
}
