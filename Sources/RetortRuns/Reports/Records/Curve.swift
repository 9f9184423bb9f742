/// Finite values over the steps of a training or search, in ascending order of steps.
package struct Curve: Sendable {
  /// A point of a curve.
  package struct Point: Sendable {
    let step: Double
    let value: Double
    /// The training time until this step, in seconds; nil if unknown.
    var seconds: Double?
    /// The sample standard deviation over several runs; nil for one run.
    var spread: Double?
    /// The number of runs that the value is the mean of.
    var count = 1
  }

  /// The points, in ascending order of steps.
  private(set) var points: [Point] = []
  /// The number of values that were NaN or infinite and are left out.
  private(set) var leftOut = 0

  init() {}

  init(_ points: [Point]) { self.points = points }

  /// Adds a value; steps that a resumed run repeats replace the earlier points.
  mutating func add(step: Int, _ value: Double?) {
    while let last = points.last, last.step >= Double(step) { points.removeLast() }
    guard let value, value.isFinite else { return leftOut += 1 }
    points.append(Point(step: Double(step), value: value))
  }

  /// The mean of several curves, at every step where at least one has a value.
  static func mean(of curves: [Curve]) -> Curve {
    guard curves.count > 1 else { return curves.first ?? Curve() }
    var values: [Double: [Point]] = [:]
    for point in curves.lazy.flatMap(\.points) { values[point.step, default: []].append(point) }
    var mean = Curve(
      values.keys.sorted().map { step in
        let points = values[step] ?? []
        let sample = Sample(points.map(\.value))
        return Point(
          step: step, value: sample.mean ?? 0, seconds: Sample(points.compactMap(\.seconds)).mean,
          spread: sample.deviation, count: points.count)
      })
    mean.leftOut = curves.reduce(0) { $0 + $1.leftOut }
    return mean
  }

  /// The curve averaged over neighbours to at most `limit` points.
  func thinned(to limit: Int) -> Curve {
    let size = (points.count + limit - 1) / max(1, limit)
    guard size > 1 else { return self }
    var thinned = self
    thinned.points = stride(from: 0, to: points.count, by: size).map { start in
      let bucket = points[start..<min(start + size, points.count)]
      func mean(_ value: (Point) -> Double?) -> Double? {
        Sample(bucket.compactMap(value)).mean
      }
      return Point(
        step: mean(\.step) ?? 0, value: mean(\.value) ?? 0, seconds: mean(\.seconds),
        spread: mean(\.spread), count: bucket.map(\.count).max() ?? 1)
    }
    return thinned
  }

  /// The curve with values multiplied by `factor`; values that become infinite are left out.
  func scaled(by factor: Double) -> Curve {
    var scaled = self
    scaled.points = points.compactMap { point in
      let value = factor * point.value
      guard value.isFinite else { return nil }
      return Point(
        step: point.step, value: value, seconds: point.seconds,
        spread: point.spread.map { Sample.limited(factor * $0) }, count: point.count)
    }
    scaled.leftOut += points.count - scaled.points.count
    return scaled
  }

  /// The curve with the times of `clock` (seconds by step), interpolated between its steps.
  func timed(by clock: Curve) -> Curve {
    var (timed, next) = (self, 0)
    for index in points.indices {
      let step = points[index].step
      while next < clock.points.count, clock.points[next].step < step { next += 1 }
      guard next < clock.points.count else { break }
      let after = clock.points[next]
      // Before the first known time, step 0 is at time 0.
      let before = next > 0 ? clock.points[next - 1] : Point(step: 0, value: 0)
      let share = after.step > before.step ? (step - before.step) / (after.step - before.step) : 1
      timed.points[index].seconds = (1 - share) * before.value + share * after.value
    }
    return timed
  }
}
