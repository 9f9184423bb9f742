import Glibc

/// A range of values along one side of a chart, with the marks that people count by.
struct Axis {
  private let low: Double
  private let high: Double
  /// Whether equal ratios are equally long.
  let isLogarithmic: Bool
  /// The marked values, ascending.
  let ticks: [Double]

  /// A linear axis over `low...high`, widened to whole ticks, at least `finest` apart.
  init(_ low: Double, _ high: Double, finest: Double = 0) {
    let span = high > low ? high - low : 1
    let raw = max(span / 5, finest)
    let power = pow(10, floor(log10(raw)))
    let step = power * ([1, 2, 5].first { $0 * power >= raw * 0.999 } ?? 10)
    let first = floor(low / step + 1e-9)
    let last = max(first + 1, ceil(high / step - 1e-9))
    (self.low, self.high, isLogarithmic) = (first * step, last * step, false)
    ticks = stride(from: first, through: last, by: 1).map { $0 * step }
  }

  /// A logarithmic axis over the decades of `low...high`, both greater than zero.
  init(decades low: Double, _ high: Double) {
    let (first, last) = (floor(log10(low)), max(floor(log10(low)) + 1, ceil(log10(high))))
    (self.low, self.high, isLogarithmic) = (first, last, true)
    let every = max(1, ((last - first) / 6).rounded(.up))
    ticks = stride(from: first, through: last, by: every).map { pow(10, $0) }
  }

  /// A logarithmic axis over `low...high`, both greater than zero, marked at 1, 3, 10, 30 and so on.
  init(ratios low: Double, _ high: Double) {
    let decades = Int(floor(log10(low)))...Int(ceil(log10(high)))
    let marks = decades.flatMap { [pow(10, Double($0)), 3 * pow(10, Double($0))] }
    let first = marks.last { $0 <= low * 1.001 } ?? low
    let last = marks.first { $0 >= high * 0.999 && $0 > first } ?? high
    (self.low, self.high, isLogarithmic) = (log10(first), log10(last), true)
    ticks = marks.filter { $0 >= first && $0 <= last }
  }

  /// An axis that suits `values`: logarithmic where they are positive and span 50-fold.
  init(fitting values: [Double]) {
    let (low, high) = (values.min() ?? 0, values.max() ?? 1)
    if low == high {
      self.init(min(0, low), max(0, high))
    } else if low > 0, high / low > 50 {
      self.init(decades: low, high)
    } else {
      self.init(low > 0 && low < high / 3 ? 0 : low, high)
    }
  }

  /// Where `value` lies between the ends, from 0 to 1.
  func position(_ value: Double) -> Double {
    ((isLogarithmic ? log10(value) : value) - low) / (high - low)
  }

  /// `tick` in few digits.
  func label(_ tick: Double) -> String {
    let magnitude = abs(tick)
    if tick == 0 { return "0" }
    if magnitude >= 1e6 || magnitude < 1e-3 {
      let exponent = Int(floor(log10(magnitude) + 1e-9))
      return ReportNumber.plain(tick / pow(10, Double(exponent)), 2) + "e\(exponent)"
    }
    return ReportNumber.plain(tick, 4)
  }
}
