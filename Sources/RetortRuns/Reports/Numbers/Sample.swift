/// Finite numbers that differ by seed alone.
struct Sample {
  private let values: [Double]
  /// The largest magnitude; sums are taken of shares of it, so that none can overflow.
  private let unit: Double

  init(_ values: [Double]) {
    self.values = values.filter(\.isFinite)
    unit = self.values.map(abs).max() ?? 0
  }

  /// How many there are.
  var count: Int { values.count }

  /// The least and the greatest; nil of none.
  var range: (least: Double, greatest: Double)? {
    values.min().flatMap { least in values.max().map { (least, $0) } }
  }

  /// Their mean; nil of none.
  var mean: Double? {
    guard !values.isEmpty else { return nil }
    return unit == 0 ? 0 : Self.limited(unit * meanShare)
  }

  /// Their sample standard deviation; nil of fewer than two.
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

  /// The mean and, where there is one, the deviation, both times `scale`.
  func text(_ digits: Int, times scale: Double = 1) -> String {
    guard let mean else { return "–" }
    let text = fixed(scale * mean, digits)
    return deviation.map { "\(text) ± \(fixed(scale * $0, digits))" } ?? text
  }

  private var meanShare: Double {
    values.reduce(0) { $0 + $1 / unit } / Double(values.count)
  }

  /// `value`, or the greatest finite number where rounding or a spread goes beyond it.
  static func limited(_ value: Double) -> Double {
    let most = Double.greatestFiniteMagnitude
    return max(-most, min(most, value))
  }
}
