import Foundation
import FoundationXML
import RetortFormats
import RetortTraining
import Testing

@Suite struct RunReportTests {
  /// A folder as a run leaves it, with names that a careless page would take for markup.
  private func withRun(
    named name: String = "a <run> & \"more\"", isFinished: Bool = true,
    _ body: (String) throws -> Void
  ) throws {
    let root = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
    let home = root.appendingPathComponent(name).appendingPathComponent("stages/distil/kd")
    try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: root) }
    let folder = root.appendingPathComponent(name).path
    func write(_ text: String, _ file: String) throws {
      try text.write(toFile: folder + "/" + file, atomically: true, encoding: .utf8)
    }
    try write("name: x # </pre><script>alert(1)</script>\n", "recipe.yaml")
    var lines = (1...1000).map { step in
      """
      {"stage":"teacher","step":\(step),"split":"train","loss":\(5.0 / Double(step)),\
      "losses":{"cross-entropy":\(5.0 / Double(step))},"learningRate":\(0.1 / Double(step))}
      """
    }
    for arm in ["kd", "tgt"] {
      lines.append(
        """
        {"stage":"distil/\(arm)","step":10,"split":"train","loss":3,\
        "losses":{"cross-entropy":1,"kd":2},"learningRate":0.001}
        """)
    }
    lines.append(#"{"stage":"distil/kd","step":10,"split":"test","accuracy":0.75}"#)
    try write(lines.joined(separator: "\n") + "\n" + #"{"stage":"dis"#, "metrics.jsonl")
    if isFinished {
      try write(
        """
        {"stage":"distil/kd","student":{"accuracy":0.8125,"nll":0.5,"ece":0.0625,\
        "parameters":54314,"macs":834816},"best":null,"teacher":{"accuracy":0.9,"nll":0.3,\
        "ece":0.02,"parameters":543140,"macs":9},"agreement":0.7,"steps":10,\
        "labelledExamples":300,"teacherEvaluations":300,"seconds":61.5,"losses":{},\
        "device":"a <device>","seed":7,"recipeSHA256":"abc123","version":"0.1.0"}
        """, "stages/distil/kd/result.json")
      let metrics = ClassificationMetrics(
        logits: [2, 0, 0, 3, 1, 0, 0, 0.5], labels: [0, 1, 1, 1], classes: 2)
      let evaluation = metrics.json(classNames: ["Bag", "<Coat>"], trainingExamples: [2, 2])
      try write(evaluation.text, "stages/distil/kd/evaluation.json")
      try write(
        """
        {"stage":"distil/kd","originals":{"divergence":0.1,"teacherConfidence":0.9,\
        "studentConfidence":0.8,"agreement":1},"steps":[{"divergence":0.25,\
        "teacherConfidence":0.8,"studentConfidence":0.7,"agreement":0.5},{"divergence":0.5,\
        "teacherConfidence":0.8,"studentConfidence":0.7,"agreement":0.5}],"samples":[[{\
        "title":"original","divergence":0.125,"teacher":[{"class":"Bag","probability":0.9}],\
        "student":[{"class":"<Coat>","probability":0.6}],"picture":"iVBORw0KGgo="}]]}
        """, "stages/distil/kd/explored.json")
    }
    try body(folder)
  }

  /// The texts between the tags of a page, joined; fails where it is no well-formed XML.
  private func text(
    of page: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws -> String {
    final class Texts: NSObject, XMLParserDelegate {
      var text = ""
      func parser(_ parser: XMLParser, foundCharacters string: String) { text += string }
    }
    let parser = XMLParser(data: Data(page.utf8))
    let texts = Texts()
    parser.delegate = texts
    #expect(
      parser.parse(), "line \(parser.lineNumber): \(String(describing: parser.parserError))",
      sourceLocation: sourceLocation)
    return texts.text
  }

  @Test func aFinishedRunIsShownWhole() throws {
    try withRun { folder in
      let page = RunReport([try RunRecord(folder)]).html
      let text = try text(of: page)
      for fact in [
        "a <run> & \"more\"", "81.25 %", "90.00 %", "10 % of the teacher", "0.0625",
        "54\u{202F}314",
        "61.5 s", "a <device>", "seed 7", "abc123", "</pre><script>alert(1)</script>", "<Coat>",
        "Divergence along the search", "D 0.125", "unfinished, at step 1000",
      ] {
        #expect(text.contains(fact), "\(fact)")
      }
      #expect(!page.contains("<script"))
      #expect(!page.contains("http"), "the page must not need a network")
      #expect(page.contains("src=\"data:image/png;base64,iVBORw0KGgo=\""))
      #expect(page.contains("prefers-color-scheme: dark"))
    }
  }

  @Test func theMatrixCountsLabelsByRowAndPredictionsByColumn() throws {
    try withRun { folder in
      let page = RunReport([try RunRecord(folder)]).html
      let cells = page.matches(of: #/class="(right|wrong)[^"]*" style="[^"]*">(\d+)</#)
      #expect(cells.map { "\($0.1) \($0.2)" } == ["right 1", "wrong 0", "wrong 1", "right 2"])
    }
  }

  @Test func curvesAreThinnedByMeans() throws {
    try withRun { folder in
      let page = RunReport([try RunRecord(folder)]).html
      let longest = page.matches(of: #/<path class="curve c0" d="M([^"]*)"/#)
        .map { $0.1.split(separator: "L").count }.max()
      #expect(longest == 250)
      #expect(page.contains("cross-entropy (logarithmic)"))
      #expect(!page.contains("learning rate (logarithmic)"))
      // Nothing lies between two steps of a search.
      #expect(!page.contains("text-anchor=\"middle\">0.2<"))
    }
  }

  @Test func anUnfinishedRunHasAReportToo() throws {
    try withRun(isFinished: false) { folder in
      let text = try text(of: RunReport([try RunRecord(folder)]).html)
      #expect(text.contains("No stage has ended yet."))
    }
  }

  @Test func severalRunsStandBesideEachOther() throws {
    try withRun(named: "first") { first in
      try withRun(named: "second") { second in
        let page = RunReport([try RunRecord(first), try RunRecord(second + "/")]).html
        let text = try text(of: page)
        #expect(text.contains("first, second"))
        for label in ["first: kd", "second: kd", "first: distil/kd", "second: distil/kd"] {
          #expect(text.contains(label), "\(label)")
        }
      }
    }
  }

  @Test func whatIsNoRunIsRefused() throws {
    let error = #expect(throws: FormatError.self) { try RunRecord("/nonexistent/run") }
    #expect("\(String(describing: error))".contains("/nonexistent/run"))
  }

  @Test func whatACrashLeavesIsLeftOut() throws {
    try withRun { folder in
      // A line that broke off with the next run's behind it, and steps that were done again.
      let path = folder + "/metrics.jsonl"
      let line = #"{"stage":"teacher","step":1,"split":"train","loss":9,"losses":{"a":9}}"#
      let more = [3, 2, 3, 4].map {
        line.replacingOccurrences(of: "\"step\":1", with: "\"step\":\($0)")
      }
      let text =
        "{\"stage\":\"tea" + line + "\n{\"stage\":1}\n" + more.joined(separator: "\n") + "\n"
      try text.write(toFile: path, atomically: true, encoding: .utf8)
      let page = RunReport([try RunRecord(folder)]).html
      #expect(page.contains("2 damaged lines of metrics.jsonl left out"))
      #expect(page.matches(of: #/<circle class="dot c0"/#).count == 3)
    }
  }
}
