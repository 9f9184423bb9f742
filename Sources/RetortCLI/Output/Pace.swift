/// The speed of steps over the last half minute.
struct Pace {
  /// The length of the window in seconds.
  private static let window = 30.0

  /// The number of completed steps with the seconds spent on them and all before.
  private var marks: [(step: Int, seconds: Double)] = []

  /// Records that `step` steps were done after `seconds`, compilation excluded.
  mutating func note(_ step: Int, after seconds: Double) {
    if let last = marks.last, step <= last.step { marks = [] }
    marks.append((step, seconds))
    // The window begins at the newest mark that is older than its length.
    while marks.count > 2, seconds - marks[1].seconds >= Self.window { marks.removeFirst() }
  }

  /// The number of steps per second; nil before there is one.
  var stepsPerSecond: Double? {
    guard let first = marks.first, let last = marks.last, last.step > first.step,
      last.seconds > first.seconds
    else { return nil }
    return Double(last.step - first.step) / (last.seconds - first.seconds)
  }

  /// The seconds that the remaining steps up to `total` will take; nil before there is an estimate.
  func secondsLeft(to total: Int) -> Double? {
    guard let last = marks.last, let stepsPerSecond else { return nil }
    return Double(max(0, total - last.step)) / stepsPerSecond
  }
}
