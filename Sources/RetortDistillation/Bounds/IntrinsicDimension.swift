import Glibc

/// The number of coordinates that points near each other differ by, whatever the space that they lie in.
public enum IntrinsicDimension {
  /// By the ratio μ of each point's distances to its second and its first neighbour: the slope of a line through the
  /// origin, `−log(1 − F(μ)) = d·log μ`, fitted to all but the greatest tenth of ratios.
  ///
  /// - Parameters:
  ///   - points: At least three; those with a neighbour at no distance are left out.
  ///   - seed: What the interval's draws depend on.
  /// - Returns: d; nil where fewer than three points are left.
  ///
  /// Source: [Facco et al. 2017](https://doi.org/10.1038/s41598-017-11873-y), "The TwoNN estimator".
  public static func twoNearest(of points: Points, seed: UInt64) -> Estimate? {
    guard points.count > 2 else { return nil }
    let ratios = points.nearest(2).compactMap { near in
      near[0].distance > 0 ? log(near[1].distance / near[0].distance) : nil
    }
    guard ratios.count > 2, ratios.contains(where: { $0 > 0 }) else { return nil }
    return .bootstrap(ratios, seed: seed) { slope(ofLogarithms: $0) }
  }

  /// The slope of the fit over the least nine tenths of log μ.
  private static func slope(ofLogarithms ratios: [Double]) -> Double {
    let sorted = ratios.sorted()
    let kept = max(1, Int(0.9 * Double(sorted.count)))
    var (products, squares) = (0.0, 0.0)
    for index in 0..<kept {
      let height = -log(1 - Double(index + 1) / Double(sorted.count))
      products += height * sorted[index]
      squares += sorted[index] * sorted[index]
    }
    return products / max(squares, .leastNormalMagnitude)
  }

  /// By the distances `T_1 ≤ … ≤ T_k` of each point's nearest, as the likeliest number if points around it are
  /// equally dense: `1/d` is the mean of `log(T_k / T_j)` over j < k and over all points.
  ///
  /// - Parameters:
  ///   - points: More than `neighbours`; those with a neighbour at no distance are left out.
  ///   - neighbours: k ≥ 2.
  /// - Returns: d; nil where fewer than two points are left, or all neighbours are as far.
  ///
  /// Source: [Levina and Bickel 2004](https://papers.nips.cc/paper/2577), equation 8; MacKay and Ghahramani 2005,
  /// "Comments on 'Maximum likelihood estimation of intrinsic dimension'", for the mean of inverses.
  public static func likeliest(of points: Points, neighbours: Int = 10) -> Estimate? {
    guard points.count > neighbours else { return nil }
    let inverses = points.nearest(neighbours).compactMap { near -> Double? in
      guard near[0].distance > 0 else { return nil }
      let farthest = near[neighbours - 1].distance
      return near.dropLast().reduce(0) { $0 + log(farthest / $1.distance) } / Double(neighbours - 1)
    }
    guard inverses.count > 1 else { return nil }
    let mean = Estimate.mean(inverses)
    guard let low = mean.low, let high = mean.high, mean.value > 0 else { return nil }
    return Estimate(1 / mean.value, low: 1 / high, high: low > 0 ? 1 / low : nil)
  }
}
