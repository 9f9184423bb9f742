import Glibc

/// A range of finite values along one side of a chart, with round tick values.
struct Axis {
  /// A tick.
  struct Tick {
    /// The position between the ends of the axis, from 0 to 1.
    let position: Double
    /// The value in few digits.
    let label: String
  }

  /// Whether the scale is logarithmic.
  let isLogarithmic: Bool
  /// The ticks, ascending.
  private(set) var ticks: [Tick] = []
  private let low: Double
  private let high: Double
  /// The power of ten by which values near the limits of `Double` are divided, so that their sums and
  /// differences neither overflow nor vanish.
  private let shift: Int

  /// A linear axis over `low...high`, widened to whole ticks, at least `finest` apart.
  init(_ low: Double, _ high: Double, finest: Double = 0) {
    let magnitude = max(abs(low), abs(high))
    shift = magnitude > 1e290 ? 300 : magnitude > 0 && magnitude < 1e-290 ? -300 : 0
    var (low, high) = (Self.shifted(low, by: -shift), Self.shifted(high, by: -shift))
    // Ticks between adjacent floating-point numbers could not be told apart.
    if high - low < 1e-12 * max(abs(low), abs(high)) { (low, high) = (min(0, low), max(0, high)) }
    let span = high > low ? high - low : 1
    let raw = max(span / 5, finest)
    let power = pow(10, floor(log10(raw)))
    let step = power * ([1, 2, 5].first { $0 * power >= raw * 0.999 } ?? 10)
    let first = floor(low / step + 1e-9)
    let last = max(first + 1, ceil(high / step - 1e-9))
    (self.low, self.high, isLogarithmic) = (first * step, last * step, false)
    ticks = stride(from: first, through: last, by: 1).map {
      Tick(position: ($0 - first) / (last - first), label: Self.label($0 * step, shift))
    }
  }

  /// A logarithmic axis over the decades that cover `low...high`, both greater than zero.
  init(decades low: Double, _ high: Double) {
    let first = Int(floor(log10(low)))
    let last = max(first + 1, Int(ceil(log10(high))))
    (self.low, self.high, isLogarithmic, shift) = (Double(first), Double(last), true, 0)
    ticks = stride(from: first, through: last, by: max(1, (last - first + 5) / 6)).map {
      Tick(
        position: Double($0 - first) / Double(last - first),
        label: (-3..<6).contains($0) ? Self.label(pow(10, Double($0)), 0) : "1e\($0)")
    }
  }

  /// A logarithmic axis over `low...high`, both greater than zero, with ticks at 1, 3, 10, 30 and so on.
  init(ratios low: Double, _ high: Double) {
    let decades = Int(floor(log10(low)))...Int(ceil(log10(high)))
    let marks = decades.flatMap { [pow(10, Double($0)), 3 * pow(10, Double($0))] }
    let first = marks.last { $0 <= low * 1.001 } ?? low
    let last = marks.first { $0 >= high * 0.999 && $0 > first } ?? high
    (self.low, self.high, isLogarithmic, shift) = (log10(first), log10(last), true, 0)
    ticks = marks.filter { $0 >= first && $0 <= last }.map {
      Tick(position: position($0), label: Self.label($0, 0))
    }
  }

  /// An axis for `values`: logarithmic if they are positive and span a factor above 50.
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

  /// The position of `value` between the ends, from 0 to 1.
  func position(_ value: Double) -> Double {
    let place = isLogarithmic ? log10(value) : Self.shifted(value, by: -shift)
    return (place - low) / (high - low)
  }

  /// `value` times a power of ten.
  private static func shifted(_ value: Double, by powers: Int) -> Double {
    powers == 0 ? value : value * pow(10, Double(powers))
  }

  /// `tick` times ten to the power of `shift` in few digits.
  private static func label(_ tick: Double, _ shift: Int) -> String {
    let magnitude = abs(tick)
    if tick == 0 { return "0" }
    if shift != 0 || magnitude >= 1e6 || magnitude < 1e-3 {
      let exponent = Int(floor(log10(magnitude) + 1e-9))
      return ReportNumber.plain(tick / pow(10, Double(exponent)), 2) + "e\(exponent + shift)"
    }
    return ReportNumber.plain(tick, 4)
  }
}
