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
    #expect(page.contains("kd") && !chart.svg.contains("tgt"))
    #expect(page.components(separatedBy: "class=\"whisker").count - 1 == 1)
    #expect(page.contains("kd ends at 80"))
    // From 100 to 1,000 across the whole drawing, from 55 to 80 % between 40 and 80.
    #expect(page.contains("d=\"M56 137.7L446 14\""))
    #expect(page.contains(">100<") && page.contains(">300<") && page.contains(">1000<"))
  }

  /// What tgt gets to with 100 labels takes kd 10^2.6: three fifths of the way from 55 to 80 %.
  @Test func labelsForTheSameAccuracyAreCounted() throws {
    let page = try #require(LabelChart(try StudentFixture.records(runs))).html.markup
    #expect(page.contains("as kd with") && page.contains(">398<"))
    let curve = Curve([
      Curve.Point(step: 10, value: 40), Curve.Point(step: 100, value: 60),
      Curve.Point(step: 1000, value: 50), Curve.Point(step: 10_000, value: 80),
    ])
    #expect(EffectiveLabels.count(for: 39, on: curve) == .fewer(than: 10))
    #expect(EffectiveLabels.count(for: 81, on: curve) == .more(than: 10_000))
    // The first time that it gets there.
    guard case .about(let first)? = EffectiveLabels.count(for: 55, on: curve),
      case .about(let second)? = EffectiveLabels.count(for: 65, on: curve)
    else {
      Issue.record("both lie on the curve")
      return
    }
    #expect(abs(first - 56.234) < 1e-3 && abs(second - 3162.278) < 1e-3)
    #expect(EffectiveLabels.count(for: 40, on: Curve([curve.points[0]])) == .about(10))
    #expect(EffectiveLabels.count(for: 41, on: Curve([curve.points[0]])) == .more(than: 10))
    #expect(EffectiveLabels.count(for: 41, on: Curve()) == nil)
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
