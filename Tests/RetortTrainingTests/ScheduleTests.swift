import RetortTraining
import Testing

/// Expected values follow PyTorch's formulas, worked out by hand where the cosine is exact.
@Suite struct ScheduleTests {
  @Test func constantStays() {
    #expect(ConstantSchedule().factor(at: 0) == 1 && ConstantSchedule().factor(at: 99) == 1)
  }

  @Test func stepsFallAtEachPeriod() {
    let schedule = StepSchedule(period: 3, gamma: 0.5)
    #expect((0..<8).map(schedule.factor) == [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25])
  }

  @Test func cosineFallsToItsFloorAndStays() {
    let schedule = CosineSchedule(steps: 6, floor: 0.1)
    expect(
      (0...8).map(schedule.factor),
      [1, 0.9397114317, 0.775, 0.55, 0.325, 0.1602885683, 0.1, 0.1, 0.1])
  }

  /// max_lr 1, total_steps 10: the rise ends at 0.3·10 - 1 = step 2, the descent at step 9.
  @Test func oneCycleRisesAndFalls() {
    let schedule = OneCycleSchedule(steps: 10)
    let (first, last) = (0.04, 0.04 / 1e4)
    expect(
      [0, 1, 2, 9, 12].map(schedule.factor), [first, (1 + first) / 2, 1, last, last])
    // A seventh of the way down: last + (1 - last)·(1 + cos(π/7))/2.
    expect([schedule.factor(at: 3)], [last + (1 - last) * (1 + 0.9009688679) / 2])
  }

  /// max_momentum 0.95 at both ends, base_momentum 0.85 at step 2; a seventh of the way back at 3.
  @Test func oneCycleMovesTheMomentumTheOtherWay() {
    let schedule = OneCycleSchedule(steps: 10)
    expect(
      [0, 1, 2, 3, 9, 12].map { schedule.momentum(at: $0) ?? 0 },
      [0.95, 0.9, 0.85, 0.95 - 0.05 * (1 + 0.9009688679), 0.95, 0.95])
    let warm = WarmUp(steps: 4, then: schedule)
    expect([0, 4, 5].map { warm.momentum(at: $0) ?? 0 }, [0.95, 0.95, 0.9])
    #expect(OneCycleSchedule(steps: 10, momentum: nil).momentum(at: 3) == nil)
    #expect(ConstantSchedule().momentum(at: 3) == nil)
  }

  @Test func milestonesFallWhereTheyAre() {
    let schedule = MultiStepSchedule(milestones: [2, 5, 5], gamma: 0.5)
    #expect((0..<7).map(schedule.factor) == [1, 1, 0.5, 0.5, 0.5, 0.125, 0.125])
  }

  @Test func polynomialsFallToZeroAndStay() {
    expect((0...5).map(PolynomialSchedule(steps: 4).factor), [1, 0.75, 0.5, 0.25, 0, 0])
    expect(
      (0...5).map(PolynomialSchedule(steps: 4, power: 2).factor), [1, 0.5625, 0.25, 0.0625, 0, 0])
  }

  @Test func warmUpLeadsToTheScheduleItself() {
    let schedule = WarmUp(steps: 3, then: StepSchedule(period: 2, gamma: 0.1))
    expect((0..<8).map(schedule.factor), [0.25, 0.5, 0.75, 1, 1, 0.1, 0.1, 0.01])
    #expect(WarmUp(steps: 0, then: ConstantSchedule()).factor(at: 0) == 1)
  }

  private func expect(_ found: [Double], _ expected: [Double]) {
    #expect(found.count == expected.count)
    for (a, b) in zip(found, expected) { #expect(abs(a - b) < 1e-9) }
  }
}
