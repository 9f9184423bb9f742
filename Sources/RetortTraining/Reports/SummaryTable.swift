/// What the students of several runs came to, in Markdown: stages of one name and number of labels,
/// as runs with different seeds have them, make one row of means and sample standard deviations.
public struct SummaryTable: Sendable {
  private let runs: [RunRecord]

  /// The table of all finished student stages of `runs`; rows by number of labels, then in the order
  /// in which stages first appear.
  public init(_ runs: [RunRecord]) { self.runs = runs }

  /// The table with a head line; nothing but the head if no student has ended.
  ///
  /// Where some classes have less than half as many training examples as others, the head, middle
  /// and tail are thirds of the classes by frequency: the mean share of each class's test examples
  /// that the student gets right.
  public var markdown: String {
    let groups = StudentGroup.all(of: runs)
    let hasThirds = groups.contains { $0.thirds != nil }
    let columns =
      ["labels", "stage", "runs", "test accuracy"] + (hasThirds ? ["head", "middle", "tail"] : [])
      + ["agreement", "NLL", "ECE", "steps", "teacher evaluations", "time"]
    let head = [columns, columns.map { _ in "---" }]
    return (head + groups.map { cells($0, hasThirds: hasThirds) })
      .map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
  }

  private func cells(_ group: StudentGroup, hasThirds: Bool) -> [String] {
    let thirds = group.thirds?.map { $0.text(1, times: 100) + " %" } ?? ["–", "–", "–"]
    func count(_ key: String) -> String {
      ReportNumber.count(group.sample(key).mean.map { Int($0.rounded()) })
    }
    return [
      ReportNumber.count(group.labels), group.stage, "\(group.members.count)",
      group.accuracy.text(2, times: 100) + " %",
    ] + (hasThirds ? thirds : []) + [
      group.sample("agreement").text(2, times: 100) + " %",
      group.sample("student", "nll").text(3), group.sample("student", "ece").text(3),
      count("steps"), count("teacherEvaluations"),
      group.sample("seconds").mean.map { duration($0) } ?? "–",
    ]
  }
}
