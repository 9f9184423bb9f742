import Glibc

/// Sampling that draws the class first, then uniformly one of the class's examples.
///
/// Class `j` with `n_j` examples has the probability `n_j^q / Σ_i n_i^q`; a class without examples has none.
///
/// Source: [Kang et al. 2020](https://arxiv.org/abs/1910.09217), equation 1.
public struct ClassSampling: Sendable {
  private let members: [[Int]]  // of classes that have any
  private let limits: [Double]  // cumulated probabilities

  /// A sampling of the examples with the given labels; a `BatchOrder` rejects an empty one.
  ///
  /// - Parameters:
  ///   - labels: The class of every example, from 0.
  ///   - exponent: q: 0 draws all classes with equal probability, ½ by the square root of their sizes, 1 by
  ///     their sizes, which draws all examples with equal probability.
  public init(labels: [Int32], exponent: Double) {
    members = Dictionary(grouping: labels.indices) { labels[$0] }.sorted { $0.key < $1.key }
      .map(\.value)
    let powers = members.map { pow(Double($0.count), exponent) }
    let total = powers.reduce(0, +)
    var sum = 0.0
    limits = powers.map { power in
      sum += power
      return sum / total
    }
  }

  /// Draws the index of an example.
  func draw(_ generator: inout KeyedGenerator) -> Int {
    let unit = generator.unit()
    let own = members[limits.firstIndex { unit < $0 } ?? members.count - 1]
    return own[generator.number(below: own.count)]
  }
}
