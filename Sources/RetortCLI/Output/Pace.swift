/// How fast steps go, from the last half minute of them.
struct Pace {
  /// How far back the steps lie that count.
  private static let window = 30.0

  /// Steps done and the seconds spent on them and on all before.
  private var marks: [(step: Int, seconds: Double)] = []

  /// Notes that `step` steps were done after `seconds`, in which time for compilation does not count.
  mutating func note(_ step: Int, after seconds: Double) {
    if let last = marks.last, step <= last.step { marks = [] }
    marks.append((step, seconds))
    // The newest of those that are too old is where the window begins.
    while marks.count > 2, seconds - marks[1].seconds >= Self.window { marks.removeFirst() }
  }

  /// Steps per second; nil before there were any.
  var stepsPerSecond: Double? {
    guard let first = marks.first, let last = marks.last, last.step > first.step,
      last.seconds > first.seconds
    else { return nil }
    return Double(last.step - first.step) / (last.seconds - first.seconds)
  }

  /// The seconds that the steps up to `total` will take; nil before there were any.
  func secondsLeft(to total: Int) -> Double? {
    guard let last = marks.last, let stepsPerSecond else { return nil }
    return Double(max(0, total - last.step)) / stepsPerSecond
  }
}
