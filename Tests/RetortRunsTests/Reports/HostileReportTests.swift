import Foundation
import RetortFormats
import RetortRuns
import RetortTestSupport
import Testing

/// Pages about files whose numbers and texts are anything at all.
@Suite struct HostileReportTests {
  /// What stands in a value's place, the ends of the number types and other kinds among it.
  private static let values = [
    "9223372036854775807", "-9223372036854775808", "99999999999999999999", "1.7976931348623157e308",
    "-1.7976931348623157e308", "1e308", "5e-324", "1e999", "-1e999", "-0.0", "9.6e14", "0.5",
    "null",
    "true", "\"\"", "\"</script>]]><b>&\u{202E}\\u0000\"", "[]", "[1]", "{}",
  ]

  /// `json` with one value after the other in its leaves' places, beginning with the next one.
  private func scattered(_ json: JSONValue, _ values: inout ArraySlice<JSONValue>) -> JSONValue {
    switch json {
    case .object(let members):
      return .object(members.map { .init($0.key, scattered($0.value, &values)) })
    case .array(let elements): return .array(elements.map { scattered($0, &values) })
    default:
      guard let value = values.popFirst() else { return json }
      values.append(value)
      return value
    }
  }

  /// `json` with `value` in place of each of its objects and arrays.
  private func emptied(_ json: JSONValue, _ value: JSONValue) -> [JSONValue] {
    switch json {
    case .object(let members):
      return [value]
        + members.indices.flatMap { index in
          emptied(members[index].value, value).map { changed in
            var copy = members
            copy[index].value = changed
            return .object(copy)
          }
        }
    case .array(let elements):
      return [value]
        + (elements.first.map { emptied($0, value) } ?? []).map {
          .array([$0] + elements.dropFirst())
        }
    default: return []
    }
  }

  @Test(arguments: ["result.json", "evaluation.json", "explored.json", "bounds.json"])
  func anyValueMakesAPage(_ file: String) throws {
    var files = RunFiles.make()
    files["metrics.jsonl"] = #"{"stage":"distil/kd","step":5,"loss":1}"# + "\n"
    let path = "stages/distil/kd/" + file
    let json = try JSONValue.parse(Array(try #require(files[path]).utf8)[...], path: path)
    let values = try Self.values.map { try JSONValue.parse(Array($0.utf8)[...], path: "value") }
    var variants = values.indices.map { first in
      var rest = values[first...] + values[..<first]
      return scattered(json, &rest)
    }
    for value in [JSONValue.null, .array([.array([])]), .string("x")] {
      variants += emptied(json, value)
    }
    for variant in variants {
      files[path] = variant.text
      try check(try ReportFixture.page(files), variant.text)
    }
  }

  @Test func anyMetricMakesAPage() throws {
    var lines: [String] = []
    for (index, value) in Self.values.enumerated() {
      for (step, other) in Self.values.enumerated() {
        lines.append(
          """
          {"stage":"s\(index)","step":\(step),"seconds":\(other),"split":"train","loss":\(value),\
          "losses":{"a":\(value),"b":\(other)},"learningRate":\(other),"accuracy":\(value)}
          """)
      }
      lines.append("{\"stage\":\(value),\"step\":\(value),\"split\":\(value),\"loss\":\(value)}")
    }
    var files = RunFiles.make()
    files["metrics.jsonl"] = lines.joined(separator: "\n") + "\n"
    try check(try ReportFixture.page(files), "metrics")
    for value in Self.values {
      files["sessions.jsonl"] =
        "{\"began\":\(value),\"command\":\(value),\"revision\":\(value),\"device\":\(value)}\n"
      files["recipe.yaml"] = value
      files["metrics.jsonl"] = #"{"stage":"distil/kd","step":5,"loss":1}"# + "\n"
      try check(try ReportFixture.page(files), value)
    }
  }

  /// A page is whole, and no drawing has a number in it that is none.
  private func check(_ page: String, _ input: String) throws {
    _ = try ReportFixture.text(of: page)
    let attributes = page.matches(of: #/ (?:d|x|y|x1|x2|cx|cy|width|height)="([^"]*)"/#)
    let bad = attributes.first { match in
      ["nan", "inf"].contains { match.1.lowercased().contains($0) }
    }
    #expect(bad == nil, "\(bad?.0 ?? "") of \(input)")
    #expect(page.matches(of: #/<script>/#).count == 1)
    #expect(!page.contains("\u{202E}"))
  }

  @Test func valuesThatAreNoNumbersAreLeftOutAndToldOf() throws {
    var files = RunFiles.make()
    files["metrics.jsonl"] =
      ["1", "null", "1e999", "2"].enumerated().map {
        "{\"stage\":\"distil/kd\",\"step\":\($0.offset),\"losses\":{\"a\":\($0.element)}}"
      }.joined(separator: "\n") + "\n"
    let page = try ReportFixture.page(files)
    #expect(page.contains("no finite numbers: values of kd (2)."))
    #expect(page.contains("\"x\":[0,3],\"y\":[1,2]"))
  }

  @Test func theLargestNumbersAreDrawn() throws {
    var files = RunFiles.make()
    files["metrics.jsonl"] =
      (1...700).map {
        "{\"stage\":\"distil/kd\",\"step\":\($0),\"losses\":{\"a\":\($0 == 1 ? "1" : "1e308")}}"
      }.joined(separator: "\n") + "\n"
    let page = try ReportFixture.page(files)
    #expect(page.contains("ends at 1e+308") && page.contains(">1e308<"))
  }

  @Test func countsMayBeLargerThanTheirSumCanBe() throws {
    var files = RunFiles.make()
    files["stages/distil/kd/evaluation.json"] = """
      {"classes":["a","b","c"],"confusion":[[9223372036854775807,9223372036854775807,1],[1,0,0],\
      [0,0,2]],"ece":0.5,"calibration":[],\
      "trainingExamples":[9223372036854775807,5000000000000000000,1]}
      """
    let page = try ReportFixture.page(files)
    #expect(page.contains("style=\"--share:50%\""))
    // The thirds: half of the first class is right, none of the second, and all of the third.
    try RunFiles.withFolder(files) { folder in
      let table = SummaryTable([try RunRecord(folder)]).markdown
      #expect(table.contains("| 50.0 % | 0.0 % | 100.0 % |"), "\(table)")
    }
  }

  @Test func whatIsNoEvaluationIsLeftOutAndToldOf() throws {
    var files = RunFiles.make()
    files["stages/distil/kd/evaluation.json"] = #"{"classes":["a"],"confusion":[[-1]]}"#
    let text = try ReportFixture.text(of: try ReportFixture.page(files))
    #expect(text.contains("evaluation.json of distil/kd does not hold what it should"))
  }

  @Test func manyStagesClassesAndLinesTakeNoLonger() throws {
    var files = RunFiles.make()
    files["metrics.jsonl"] =
      (0..<3000).map {
        "{\"stage\":\"s\($0)\",\"step\":1,\"losses\":{\"a\($0)\":1}}"
      }.joined(separator: "\n") + "\n"
    files["recipe.yaml"] = (0..<3000).map { "- line \($0)" }.joined(separator: "\n")
    let page = try ReportFixture.page(files)
    #expect(page.contains("more curves would be too many for one page"))
    #expect(page.contains("more charts would be too many for one page"))
    let row = "[" + Array(repeating: "1", count: 300).joined(separator: ",") + "]"
    files = RunFiles.make()
    files["stages/distil/kd/evaluation.json"] =
      "{\"confusion\":[\(Array(repeating: row, count: 300).joined(separator: ","))]}"
    let classes = try ReportFixture.page(files)
    #expect(classes.contains("The 30 most frequent mistakes of 89\u{202F}700, among 300 classes"))
  }
}
