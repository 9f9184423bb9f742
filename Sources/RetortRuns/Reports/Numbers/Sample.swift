/// The finite values of runs that differ in their seeds only.
struct Sample {
  private let values: [Double]
  /// The largest magnitude; sums are computed relative to it, so that they cannot overflow.
  private let unit: Double

  init(_ values: [Double]) {
    self.values = values.filter(\.isFinite)
    unit = self.values.map(abs).max() ?? 0
  }

  /// The number of values.
  var count: Int { values.count }

  /// The smallest and the largest value; nil without values.
  var range: (least: Double, greatest: Double)? {
    values.min().flatMap { least in values.max().map { (least, $0) } }
  }

  /// The mean; nil without values.
  var mean: Double? {
    guard !values.isEmpty else { return nil }
    return unit == 0 ? 0 : Self.limited(unit * meanShare)
  }

  /// The sample standard deviation; nil for fewer than two values.
  var deviation: Double? {
    guard values.count > 1 else { return nil }
    guard unit > 0 else { return 0 }
    let mean = meanShare
    let squares = values.reduce(0) { sum, value in
      let distance = value / unit - mean
      return sum + distance * distance
    }
    return Self.limited(unit * (squares / Double(values.count - 1)).squareRoot())
  }

  /// The mean and the standard deviation, if there is one, both times `scale`.
  func text(_ digits: Int, times scale: Double = 1) -> String {
    guard let mean else { return "–" }
    let text = fixed(scale * mean, digits)
    return deviation.map { "\(text) ± \(fixed(scale * $0, digits))" } ?? text
  }

  private var meanShare: Double {
    values.reduce(0) { $0 + $1 / unit } / Double(values.count)
  }

  /// `value` limited to finite numbers, as rounding or a spread may exceed them.
  static func limited(_ value: Double) -> Double {
    let most = Double.greatestFiniteMagnitude
    return max(-most, min(most, value))
  }
}
