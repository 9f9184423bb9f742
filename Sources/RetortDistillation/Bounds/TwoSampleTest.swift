import Glibc
import RetortCore

/// Whether a classifier tells two samples apart: its accuracy on the halves that it has not seen.
///
/// The classifier takes the majority of the k nearest points in both samples' first halves, k the root of their
/// number, rounded down, and one more if it is even. An accuracy of one half means that it finds no difference.
///
/// Source: [Lopez-Paz and Oquab 2017](https://arxiv.org/abs/1610.06545), section 3 (C2ST-KNN).
public struct TwoSampleTest: Equatable, Sendable {
  /// The share of points of the other halves that are told right.
  public let accuracy: Estimate
  /// How likely so high an accuracy would be if both samples were of one distribution, in [0, 1], by the normal
  /// distribution of mean 1/2 and variance 1/(4n).
  public let pValue: Double

  /// Compares two samples in one space, of at least four points each; of the larger one as many as of the smaller.
  ///
  /// - Parameters:
  ///   - first: One sample.
  ///   - second: The other.
  ///   - seed: What the choice of halves depends on.
  public init(_ first: Points, _ second: Points, seed: UInt64) {
    let half = min(first.count, second.count) / 2
    precondition(half >= 2, "a half has two points or more")
    let (a, b) = (
      Self.halves(of: first, half, seed, step: 0), Self.halves(of: second, half, seed, step: 1)
    )
    self.init(known: (a.known, b.known), asked: (a.asked, b.asked))
  }

  /// Compares two samples by their halves, all of one size: those that are known, and those that are asked about.
  package init(known: (Points, Points), asked: (Points, Points)) {
    let (half, count) = (known.0.count, 2 * known.0.count)
    let both = Points(known.0.values + known.1.values, count: count)
    var neighbours = Int(Double(count).squareRoot())
    if neighbours % 2 == 0 { neighbours += 1 }
    let near = Points(asked.0.values + asked.1.values, count: count).nearest(
      neighbours, among: both)
    let right = near.enumerated().count { row, nearest in
      (2 * nearest.count { $0.index < half } > neighbours) == (row < half)
    }
    accuracy = .share(right, of: count)
    let deviation = 0.5 / Double(count).squareRoot()
    pValue = 0.5 * erfc((accuracy.value - 0.5) / deviation / 2.0.squareRoot())
  }

  /// Two halves of a sample, drawn at random.
  private static func halves(
    of points: Points, _ half: Int, _ seed: UInt64, step: UInt32
  ) -> (known: Points, asked: Points) {
    let keys = Philox4x32(seed: seed, stream: BoundsStream.halves, step: step).uniforms(
      points.count)
    let order = (0..<points.count).sorted { (keys[$0], $0) < (keys[$1], $1) }
    func rows(_ places: ArraySlice<Int>) -> Points {
      Points(
        places.flatMap { points.values[$0 * points.width..<($0 + 1) * points.width] }, count: half)
    }
    return (rows(order[..<half]), rows(order[half..<2 * half]))
  }
}
