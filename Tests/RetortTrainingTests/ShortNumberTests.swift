import RetortFormats
import Testing

@testable import RetortTraining

/// Numbers of JSON files have no more digits than say what they are.
@Suite struct ShortNumberTests {
  /// 7897 of 10,000; times an inverse they would be 0.7897000000000001.
  @Test func sharesAreQuotients() {
    let logits: [Float] = (0..<10_000).flatMap { $0 < 7897 ? [Float(1), 0] : [Float(0), 1] }
    let metrics = ClassificationMetrics(
      logits: logits, labels: Array(repeating: 0, count: 10_000), classes: 2)
    #expect(metrics.accuracy == 0.7897)
    let text = metrics.json(classNames: ["a", "b"], trainingExamples: [1, 1]).text
    #expect(text.hasPrefix(#"{"split":"test","accuracy":0.7897,"#), "\(text)")
  }

  @Test func whatWasFloat32HasItsDigits() {
    #expect(JSONValue.single(Double(Float(0.1))).text == "0.1")
    #expect(JSONValue.real(Double(Float(0.1))).text == "0.10000000149011612")
    #expect(JSONValue.single(1e39).text == "null")
  }
}
