import Testing

@testable import RetortRuns

@Suite struct ReportNumberTests {
  @Test(arguments: [
    (9.6e14, 4, "960000000000000.0000"), (-9.6e14, 4, "-960000000000000.0000"),
    (999_999_999_999_999.9, 0, "1000000000000000"), (1e15, 2, "1000000000000000.0"),
    (1e308, 4, "1e+308"), (-0.0, 2, "0.00"), (-0.001, 2, "0.00"), (-0.005, 2, "-0.01"),
    (0.9996, 3, "1.000"), (1.05, 1, "1.1"), (0.125, 2, "0.13"),
    (.leastNonzeroMagnitude, 4, "0.0000"),
    (.infinity, 2, "inf"), (.nan, 2, "nan"), (3.5, 0, "4"), (0.001, 20, "0.001000000000000"),
    (12.0, 3, "12.000"), (0.07, 2, "0.07"),
  ]) func numbersHaveTheirDecimals(_ value: Double, _ digits: Int, _ text: String) {
    #expect(fixed(value, digits) == text)
  }

  @Test(arguments: [
    (0.0000005, "0.5 µs"), (0.5, "500.00 ms"), (61.5, "61.5 s"), (3600.0, "60 min 0 s"),
    (7200.0, "2 h 0 min"), (1e300, "1e+300 s"), (.infinity, "inf s"), (.nan, "nan s"),
    (-1e300, "-1e+306 µs"),
  ]) func durationsAreRead(_ seconds: Double, _ text: String) {
    #expect(duration(seconds) == text)
  }

  @Test func zerosOfAnExponentStay() {
    #expect(ReportNumber.plain(1.5e20, 2) == "1.5e+20")
    #expect(ReportNumber.plain(1.5, 4) == "1.5")
    #expect(ReportNumber.plain(100, 1) == "100")
  }

  @Test func countsAreGrouped() {
    #expect(ReportNumber.count(1_234_567) == "1\u{202F}234\u{202F}567")
    #expect(ReportNumber.count(-123) == "-123")
    #expect(
      ReportNumber.count(Int.min)
        == "-9\u{202F}223\u{202F}372\u{202F}036\u{202F}854\u{202F}775\u{202F}808")
  }

  @Test(arguments: [
    (0.0, "0"), (12, "12"), (0.1, "0.1"), (1.0 / 3, "0.333333"), (123_456.789, "123457.0"),
    (-2.5e-8, "-2.5e-08"), (.leastNonzeroMagnitude, "5e-324"),
    (1.7976931348623157e308, "1.7976931348623157e+308"),
  ]) func compactNumbersAreShort(_ value: Double, _ text: String) {
    #expect(ReportNumber.compact(value) == text)
  }

  @Test func samplesStayFinite() throws {
    let most = Double.greatestFiniteMagnitude
    let sample = Sample([most, most, -most, .nan, .infinity])
    #expect(sample.count == 3)
    #expect(abs(try #require(sample.mean) / most - 1.0 / 3) < 1e-9)
    #expect(try #require(sample.deviation).isFinite)
    #expect(Sample([most, most]).mean == most && Sample([most, most]).deviation == 0)
    #expect(Sample([1, 2, 4]).mean == 7.0 / 3)
    #expect(Sample([]).mean == nil && Sample([1]).deviation == nil && Sample([0, 0]).mean == 0)
  }
}
