import Foundation
import FoundationXML
import Testing

@testable import RetortRuns

@Suite struct LabelChartTests {
  private let runs: [[StudentFixture]] = [
    [
      .init(stage: "s/kd", labels: 100, accuracy: 0.5),
      .init(stage: "s/tgt", labels: 100, accuracy: 0.7),
    ],
    [.init(stage: "s/kd", labels: 100, accuracy: 0.6)],
    [.init(stage: "s/kd", labels: 1000, accuracy: 0.8)],
  ]

  @Test func armsWithSeveralNumbersOfLabelsAreCurves() throws {
    let chart = try #require(LabelChart(try StudentFixture.records(runs)))
    let page = chart.html.markup
    // A curve of its own for kd, none for a variant of one point; whiskers where there are two seeds.
    #expect(page.components(separatedBy: "class=\"curve").count - 1 == 2)
    #expect(page.contains("kd") && !page.contains("tgt"))
    #expect(page.components(separatedBy: "class=\"whisker").count - 1 == 1)
    #expect(page.contains("kd ends at 80"))
    // From 100 to 1,000 across the whole drawing, from 55 to 80 % between 40 and 80.
    #expect(page.contains("d=\"M56 137.7L446 14\""))
    #expect(page.contains(">100<") && page.contains(">300<") && page.contains(">1000<"))
  }

  @Test func oneNumberOfLabelsIsNoCurve() throws {
    #expect(LabelChart(try StudentFixture.records([runs[0]])) == nil)
  }

  @Test func theFileIsADrawing() throws {
    let drawing = try #require(LabelChart(try StudentFixture.records(runs))).svg
    let parser = XMLParser(data: Data(drawing.utf8))
    #expect(parser.parse(), "\(String(describing: parser.parserError))")
    #expect(drawing.contains("Test accuracy in percent"))
  }
}
