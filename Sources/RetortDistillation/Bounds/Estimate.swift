import Glibc
import RetortCore

/// A number estimated from examples, with the interval that holds the true one with a confidence of 95 %.
public struct Estimate: Equatable, Sendable {
  /// The estimate.
  public let value: Double
  /// The ends of the interval, `low ≤ high`; nil where none is known.
  public let low: Double?, high: Double?

  /// An estimate with its interval.
  public init(_ value: Double, low: Double? = nil, high: Double? = nil) {
    (self.value, self.low, self.high) = (value, low, high)
  }

  /// The deviations of a normal distribution on either side of its mean that hold 95 % of it.
  static let deviations = 1.959963984540054

  /// The mean of independent values, at least one; the interval is the normal distribution's.
  public static func mean(_ values: [Double]) -> Estimate {
    let (mean, variance) = moments(values)
    let reach = deviations * (variance / Double(max(1, values.count))).squareRoot()
    return Estimate(mean, low: mean - reach, high: mean + reach)
  }

  /// The variance of independent values, of which n − 1 count; the interval is the normal distribution's.
  public static func variance(_ values: [Double]) -> Estimate {
    let (mean, variance) = moments(values)
    let fourth = values.reduce(0) { $0 + pow($1 - mean, 4) } / Double(max(1, values.count))
    let spread = max(0, fourth - variance * variance) / Double(max(1, values.count))
    let reach = deviations * spread.squareRoot()
    return Estimate(variance, low: max(0, variance - reach), high: variance + reach)
  }

  /// The distance of the means of two independent samples; the interval is the normal distribution's.
  public static func gap(_ first: [Double], _ second: [Double]) -> Estimate {
    let (a, b) = (moments(first), moments(second))
    let gap = abs(a.mean - b.mean)
    let spread =
      a.variance / Double(max(1, first.count)) + b.variance / Double(max(1, second.count))
    let reach = deviations * spread.squareRoot()
    return Estimate(gap, low: max(0, gap - reach), high: gap + reach)
  }

  /// A share of independent trials.
  ///
  /// Source: Wilson 1927, "Probable inference, the law of succession, and statistical inference".
  public static func share(_ hits: Int, of trials: Int) -> Estimate {
    let count = Double(max(1, trials))
    let (share, square) = (Double(hits) / count, deviations * deviations)
    let middle = (share + square / (2 * count)) / (1 + square / count)
    let reach =
      deviations / (1 + square / count)
      * (share * (1 - share) / count + square / (4 * count * count)).squareRoot()
    return Estimate(share, low: max(0, middle - reach), high: min(1, middle + reach))
  }

  /// What `statistic` makes of `values`, with the percentiles of what it makes of them drawn anew, as many of
  /// them, with repetitions.
  ///
  /// - Parameters:
  ///   - values: What has been observed, at least one.
  ///   - seed: What the draws depend on.
  ///   - draws: How many times values are drawn.
  ///   - statistic: A function of values in any order.
  ///
  /// Source: Efron 1979, "Bootstrap methods: another look at the jackknife".
  public static func bootstrap<Value>(
    _ values: [Value], seed: UInt64, draws: Int = 200, _ statistic: ([Value]) -> Double
  ) -> Estimate {
    let found = (0..<draws).map { draw in
      let places = Philox4x32(seed: seed, stream: BoundsStream.bootstrap, step: UInt32(draw))
        .uniforms(values.count)
      return statistic(places.map { values[Int($0 * Float(values.count))] })
    }.sorted()
    func percentile(_ share: Double) -> Double {
      found[Int((share * Double(draws - 1)).rounded())]
    }
    return Estimate(statistic(values), low: percentile(0.025), high: percentile(0.975))
  }

  /// The estimate in another unit, of which `factor` ≥ 0 go into one of this.
  public func scaled(by factor: Double) -> Estimate {
    Estimate(value * factor, low: low.map { $0 * factor }, high: high.map { $0 * factor })
  }

  /// The mean, and the variance with n − 1.
  private static func moments(_ values: [Double]) -> (mean: Double, variance: Double) {
    let mean = values.reduce(0, +) / Double(max(1, values.count))
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (mean, squares / Double(max(1, values.count - 1)))
  }
}

/// The streams of random numbers that estimates draw from, below those that a step gives out.
enum BoundsStream {
  static let bootstrap: UInt32 = 64
  static let halves: UInt32 = 65
  static let signs: UInt32 = 66
}
