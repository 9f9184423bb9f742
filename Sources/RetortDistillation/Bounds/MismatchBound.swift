import Glibc

/// What a student's mismatch on explored examples says of that on data, term by term.
///
/// With g(x) = l_d(f(x), h(x)) in [0, M], the mismatch of student f with labeler h, and m explored examples:
/// `E_D g ≤ mean g + 2·signs + M·√(log(1/δ) / 2m) + gap`, with the probability 1 − δ, or, by the values' variance V
/// and for this student alone, `E_D g ≤ mean g + √(2V·log(2/δ) / m) + 7M·log(2/δ) / 3(m − 1) + gap`.
///
/// > Note: `signs` and `gap` are those of one student in place of suprema over a class, and M is the greatest value
/// > seen: the sums show which term weighs most, and prove nothing.
///
/// Source: Zaheer et al. 2022, "Teacher Guided Training", arXiv 2208.06825; [Bartlett and Mendelson
/// 2002](https://www.jmlr.org/papers/v3/bartlett02a.html), theorem 8; [Maurer and Pontil
/// 2009](https://arxiv.org/abs/0907.3740), theorem 4.
public struct MismatchBound: Equatable, Sendable {
  /// The mean mismatch on explored examples.
  public let mean: Double
  /// The random signs' term, twice.
  public let complexity: Double
  /// How far the mean may be from its expectation, by the range of values.
  public let deviation: Double
  /// The same by their variance, for one student.
  public let varianceDeviation: Double
  /// How far the mean mismatches on data and on explored examples are apart.
  public let gap: Double

  /// The terms of a bound.
  ///
  /// - Parameters:
  ///   - values: The mismatch of each explored example, at least two.
  ///   - signs: The random signs' term of `values`.
  ///   - gap: How far the means on data and on explored examples are apart.
  ///   - greatest: M.
  ///   - risk: δ, in (0, 1).
  public init(
    _ values: [Double], signs: Double, gap: Double, greatest: Double, risk: Double = 0.05
  ) {
    let count = Double(values.count)
    mean = Estimate.mean(values).value
    (complexity, self.gap) = (2 * signs, gap)
    deviation = greatest * (log(1 / risk) / (2 * count)).squareRoot()
    varianceDeviation =
      (2 * Estimate.variance(values).value * log(2 / risk) / count).squareRoot()
      + 7 * greatest * log(2 / risk) / (3 * (count - 1))
  }

  /// The bound by range and random signs.
  public var byRange: Double { mean + complexity + deviation + gap }
  /// The bound by variance, for this student alone.
  public var byVariance: Double { mean + varianceDeviation + gap }
}
