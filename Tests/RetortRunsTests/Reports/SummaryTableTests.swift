import Foundation
import RetortRuns
import RetortTestSupport
import Testing

/// A student's stage as a run's folder keeps it.
struct StudentFixture {
  var stage: String
  var labels: Int
  /// Nil for one that has not ended.
  var accuracy: Double?
  /// What `evaluation.json` says; none if empty.
  var evaluation = ""

  /// The records of runs with these stages.
  static func records(_ runs: [[StudentFixture]]) throws -> [RunRecord] {
    let root = try temporaryFolder()
    defer { try? FileManager.default.removeItem(at: root) }
    return try runs.enumerated().map { index, stages in
      let run = root.appendingPathComponent("\(index)")
      try FileManager.default.createDirectory(at: run, withIntermediateDirectories: true)
      try Data("name: x\n".utf8).write(to: run.appendingPathComponent("recipe.yaml"))
      var lines = ""
      for stage in stages {
        lines += #"{"stage":"\#(stage.stage)","step":1,"split":"train","loss":1}"# + "\n"
        try stage.write(to: run.appendingPathComponent("stages/" + stage.stage))
      }
      try Data(lines.utf8).write(to: run.appendingPathComponent("metrics.jsonl"))
      return try RunRecord(run.path)
    }
  }

  private func write(to home: URL) throws {
    try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
    guard let accuracy else { return }
    let result = """
      {"student":{"accuracy":\(accuracy),"nll":0.5,"ece":0.25},"agreement":0.75,"steps":20,\
      "labelledExamples":\(labels),"teacherEvaluations":1500,"seconds":30}
      """
    try Data(result.utf8).write(to: home.appendingPathComponent("result.json"))
    guard !evaluation.isEmpty else { return }
    try Data(evaluation.utf8).write(to: home.appendingPathComponent("evaluation.json"))
  }
}

@Suite struct SummaryTableTests {
  private func table(_ runs: [[StudentFixture]]) throws -> String {
    SummaryTable(try StudentFixture.records(runs)).markdown
  }

  private static let head = """
    | labels | stage | runs | test accuracy | agreement | NLL | ECE | steps \
    | teacher evaluations | time |
    | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
    """

  @Test func seedsMakeOneRow() throws {
    let text = try table([
      [.init(stage: "s/kd", labels: 1000, accuracy: 0.875)],
      [
        .init(stage: "s/tgt", labels: 300, accuracy: 0.8),
        .init(stage: "s/kd", labels: 300, accuracy: 0.7),
      ],
      [
        .init(stage: "s/kd", labels: 300, accuracy: 0.72),
        .init(stage: "s/tgt", labels: 300, accuracy: nil),
      ],
    ])
    let rest = "0.500 ± 0.000 | 0.250 ± 0.000 | 20 | 1\u{202F}500 | 30.0 s |"
    #expect(
      text == Self.head + "\n" + """
        | 300 | s/kd | 2 | 71.00 ± 1.41 % | 75.00 ± 0.00 % | \(rest)
        | 300 | s/tgt | 1 | 80.00 % | 75.00 % | 0.500 | 0.250 | 20 | 1\u{202F}500 | 30.0 s |
        | 1\u{202F}000 | s/kd | 1 | 87.50 % | 75.00 % | 0.500 | 0.250 | 20 | 1\u{202F}500 | 30.0 s |
        """)
  }

  /// An archive of results has a run's recipe and its `result.json`, which has those of all stages.
  @Test func resultsAloneMakeATable() throws {
    func result(_ stage: String, _ students: String) -> String {
      #"{"stage":"\#(stage)",\#(students),"steps":20,"labelledExamples":300,"#
        + #""teacherEvaluations":1500,"seconds":30,"agreement":0.75}"#
    }
    let score = #"{"accuracy":0.5,"nll":0.5,"ece":0.25}"#
    let one = #"{"accuracy":0.5,"nll":0.5,"ece":0.25,"agreement":0.75}"#
    // The file has the last stage's students once more.
    let last = #""students":{"a":\#(one.replacing("0.5", with: "0.1")),"b":\#(one)}"#
    let several = #""students":{"a":\#(one),"b":\#(one)}"#
    let stages = [result("s/kd", #""student":\#(score)"#), result("s/mutual", several)]
    try RunFiles.withFolder([
      "recipe.yaml": "name: x\n",
      "result.json": #"{"stage":"s/mutual",\#(last),"stages":[\#(stages.joined(separator: ","))]}"#,
    ]) { folder in
      let rows = SummaryTable([try RunRecord(folder)]).markdown.split(separator: "\n").dropFirst(2)
        .map(String.init)
      let rest = "1 | 50.00 % | 75.00 % | 0.500 | 0.250 | 20 | 1\u{202F}500 | 30.0 s |"
      #expect(rows == ["s/kd", "s/mutual/a", "s/mutual/b"].map { "| 300 | \($0) | \(rest)" })
    }
    try RunFiles.withFolder(["recipe.yaml": "name: x\n", "result.json": stages[0]]) { folder in
      let table = SummaryTable([try RunRecord(folder)]).markdown
      #expect(table.contains("| 300 | s/kd | 1 | 50.00 %"))
    }
  }

  @Test func nothingEndedIsAHead() throws {
    #expect(try table([[.init(stage: "s/kd", labels: 300, accuracy: nil)]]) == Self.head)
  }

  @Test func unequalClassesHaveThirds() throws {
    // Classes 2, 0 | 3 | 1, 4 by frequency of six: thirds of two classes each.
    let evaluation = """
      {"trainingExamples":[40,10,50,30,5,10],"confusion":[[3,1,0,0,0,0],[0,1,0,0,0,3],\
      [0,0,4,0,0,0],[0,0,0,2,2,0],[0,0,4,0,0,0],[0,0,0,0,3,1]]}
      """
    let text = try table([
      [.init(stage: "s/kd", labels: 145, accuracy: 0.5, evaluation: evaluation)],
      [.init(stage: "s/kd", labels: 6, accuracy: 0.5)],
    ])
    let lines = text.split(separator: "\n")
    #expect(lines[0].contains("| test accuracy | head | middle | tail | agreement |"))
    #expect(lines[2].contains("| 50.00 % | – | – | – | 75.00 % |"))
    #expect(lines[3].contains("| 50.00 % | 87.5 % | 37.5 % | 12.5 % | 75.00 % |"))
  }

  @Test func nearlyEqualClassesHaveNone() throws {
    let evaluation = #"{"trainingExamples":[34,33,33],"confusion":[[1,0,0],[0,1,0],[0,0,1]]}"#
    let text = try table([[.init(stage: "s/kd", labels: 100, accuracy: 1, evaluation: evaluation)]])
    #expect(!text.contains("tail"))
  }
}
