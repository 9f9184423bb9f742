/// How much of what a generator makes could be data, and how much of the data it could make.
///
/// The manifold of a sample is the union of balls around its points that reach to their k-th neighbours in it.
///
/// Source: [Kynkäänniemi et al. 2019](https://arxiv.org/abs/1904.06991), section 2, equations 1 and 2.
public struct SamplePrecision: Equatable, Sendable {
  /// The share of generated points that lie in the data's manifold.
  public let precision: Estimate
  /// The share of data that lie in the generated points' manifold.
  public let recall: Estimate

  /// Compares two samples in one space of features, of more than `neighbours` points each.
  ///
  /// - Parameters:
  ///   - generated: What the generator made.
  ///   - data: Examples that it was not made of, or precision is found too high.
  ///   - neighbours: k, 3 in the paper.
  ///
  /// > Note: The intervals take points for independent trials, and the manifold for known.
  public init(generated: Points, data: Points, neighbours: Int = 3) {
    precision = Self.covered(generated, by: data, neighbours)
    recall = Self.covered(data, by: generated, neighbours)
  }

  private static func covered(_ points: Points, by sample: Points, _ neighbours: Int) -> Estimate {
    let radii = sample.nearest(neighbours).map { Float($0[neighbours - 1].distance) }
    var inside = 0
    points.forEachRow(to: sample) { _, squares in
      if zip(squares, radii).contains(where: { $0.squareRoot() <= $1 }) { inside += 1 }
    }
    return .share(inside, of: points.count)
  }
}
