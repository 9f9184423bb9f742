import Testing

@testable import RetortRuns

@Suite struct AxisTests {
  private static let ends: [Double] = [
    -1.7976931348623157e308, -1e308, -1e16, -1, -.leastNonzeroMagnitude, 0, .leastNonzeroMagnitude,
    1e-300 * 1e-10, 1e-300, 1e-9, 1, 3,
    1e6, 1e16, 1e16 + 2, 9.2e18, 1e291, 1e308, 1.7976931348623157e308,
  ]

  private func check(_ axis: Axis, _ low: Double, _ high: Double) {
    #expect((2...12).contains(axis.ticks.count), "\(low) to \(high): \(axis.ticks.count) ticks")
    let places = axis.ticks.map(\.position) + [axis.position(low), axis.position(high)]
    #expect(places.allSatisfy { $0 > -1e-6 && $0 < 1 + 1e-6 }, "\(low) to \(high): \(places)")
    let labels = axis.ticks.map(\.label)
    #expect(Set(labels).count == labels.count, "\(low) to \(high): \(labels)")
    #expect(labels.allSatisfy { !$0.contains("n") }, "\(low) to \(high): \(labels)")
  }

  @Test func anyFiniteRangeHasAnAxis() {
    for (index, low) in Self.ends.enumerated() {
      for high in Self.ends[index...] {
        check(Axis(low, high), low, high)
        check(Axis(fitting: [low, high]), low, high)
        if low > 0 { check(Axis(decades: low, high), low, high) }
      }
    }
  }

  @Test func ticksAreNumbersThatPeopleCountBy() {
    #expect(Axis(0, 0.83).ticks.map(\.label) == ["0", "0.2", "0.4", "0.6", "0.8", "1"])
    #expect(
      Axis(0, 1e308).ticks.map(\.label) == ["0", "2e307", "4e307", "6e307", "8e307", "1e308"])
    #expect(Axis(decades: 0.02, 30).ticks.map(\.label) == ["0.01", "0.1", "1", "10", "100"])
    #expect(Axis(ratios: 100, 1000).ticks.map(\.label) == ["100", "300", "1000"])
    #expect(Axis(0, 3, finest: 1).ticks.map(\.label) == ["0", "1", "2", "3"])
  }
}
