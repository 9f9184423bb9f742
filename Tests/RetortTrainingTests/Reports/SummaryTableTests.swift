import Foundation
import RetortTraining
import Testing

@Suite struct SummaryTableTests {
  /// Runs as folders, each of stages with labels and test accuracy; nil for one that has not ended.
  private func table(_ runs: [[(stage: String, labels: Int, accuracy: Double?)]]) throws -> String {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    defer { try? FileManager.default.removeItem(at: root) }
    let records = try runs.enumerated().map { index, stages in
      let run = root.appendingPathComponent("\(index)")
      try FileManager.default.createDirectory(at: run, withIntermediateDirectories: true)
      try Data("name: x\n".utf8).write(to: run.appendingPathComponent("recipe.yaml"))
      var lines = ""
      for (stage, labels, accuracy) in stages {
        lines += #"{"stage":"\#(stage)","step":1,"split":"train","loss":1}"# + "\n"
        let home = run.appendingPathComponent("stages/" + stage)
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        guard let accuracy else { continue }
        let result = """
          {"student":{"accuracy":\(accuracy),"nll":0.5,"ece":0.25},"agreement":0.75,\
          "labelledExamples":\(labels),"teacherEvaluations":1500,"seconds":30}
          """
        try Data(result.utf8).write(to: home.appendingPathComponent("result.json"))
      }
      try Data(lines.utf8).write(to: run.appendingPathComponent("metrics.jsonl"))
      return try RunRecord(run.path)
    }
    return SummaryTable(records).markdown
  }

  private static let head = """
    | labels | stage | runs | test accuracy | agreement | NLL | ECE | teacher evaluations | time |
    |---|---|---|---|---|---|---|---|---|

    """

  @Test func seedsMakeOneRow() throws {
    let text = try table([
      [("s/kd", 1000, 0.875)],
      [("s/tgt", 300, 0.8), ("s/kd", 300, 0.7)],
      [("s/kd", 300, 0.72), ("s/tgt", 300, nil)],
    ])
    let rest = "0.500 ± 0.000 | 0.250 ± 0.000 | 1\u{202F}500 | 30.0 s |"
    #expect(
      text == Self.head + """
        | 300 | s/kd | 2 | 71.00 ± 1.41 % | 75.00 ± 0.00 % | \(rest)
        | 300 | s/tgt | 1 | 80.00 % | 75.00 % | 0.500 | 0.250 | 1\u{202F}500 | 30.0 s |
        | 1\u{202F}000 | s/kd | 1 | 87.50 % | 75.00 % | 0.500 | 0.250 | 1\u{202F}500 | 30.0 s |
        """)
  }

  @Test func nothingEndedIsAHead() throws {
    #expect(try table([[("s/kd", 300, nil)]]) == Self.head)
  }
}
