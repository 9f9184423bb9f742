import RetortCore

/// How well values follow random signs: `(1/m)·E_σ |Σ_i σ_i g_i|`.
///
/// With the supremum of the absolute value over a class of functions it is the class's empirical Rademacher
/// complexity, of which this, for one function of the class, is a lower estimate.
///
/// Source: [Bartlett and Mendelson 2002](https://www.jmlr.org/papers/v3/bartlett02a.html), definition 2, where it is
/// twice as much.
///
/// - Parameters:
///   - values: The values g of one function on m examples, at least one.
///   - seed: What the signs depend on.
///   - draws: How many times signs are drawn; the interval is that of their mean.
public func randomSigns(_ values: [Double], seed: UInt64, draws: Int = 1000) -> Estimate {
  let sums = (0..<draws).map { draw in
    var random = Philox4x32(seed: seed, stream: BoundsStream.signs, step: UInt32(draw))
    var (sum, bits) = (0.0, UInt64(0))
    for (index, value) in values.enumerated() {
      if index % 64 == 0 { bits = random.next() }
      sum += bits & 1 == 1 ? value : -value
      bits >>= 1
    }
    return abs(sum) / Double(values.count)
  }
  return .mean(sums)
}
