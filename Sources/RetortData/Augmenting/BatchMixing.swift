import Glibc

/// How much of each pixel of a batch's pictures comes from the picture before it in the batch.
///
/// The weight of a pixel is that of its row times that of its column. The same for all of a batch, and a pure
/// function of (seed, step).
///
/// Source: [Zhang et al. 2017](https://arxiv.org/abs/1710.09412); [Yun et al. 2019](https://arxiv.org/abs/1905.04899);
/// as torchvision's `MixUp` and `CutMix` do it.
struct BatchMixing: Equatable {
  /// The rows and columns that take part.
  var rows: Range<Int>, columns: Range<Int>
  /// The other picture's weight in them.
  var weight: Float
  /// The other label's weight: the mean of the pixels'.
  var share: Float

  /// The mixing of a batch, by mixup or by CutMix; where both are asked for, each of every second batch.
  ///
  /// - Parameters:
  ///   - mixup: What the weights' Beta distribution has for both of its numbers; 0 for none.
  ///   - cutmix: The same for the share of the picture that is cut out; 0 for none.
  ///   - seed: The run's seed.
  ///   - step: The number of the batch, from 0.
  ///   - height: The pictures' height.
  ///   - width: The pictures' width.
  init(mixup: Double, cutmix: Double, seed: UInt64, step: Int, height: Int, width: Int) {
    var generator = KeyedGenerator(seed: seed, stream: .mixing, step: step)
    let isFirst = generator.next() >> 63 == 1
    guard cutmix > 0, mixup == 0 || isFirst else {
      (rows, columns) = (0..<height, 0..<width)
      weight = Float(1 - generator.beta(mixup))
      share = weight
      return
    }
    let radius = 0.5 * (1 - generator.beta(cutmix)).squareRoot()
    func side(_ extent: Int) -> Range<Int> {
      let (middle, half) = (generator.number(below: extent), Int(radius * Double(extent)))
      return max(0, middle - half)..<min(extent, middle + half)
    }
    columns = side(width)
    rows = side(height)
    weight = 1
    share = Float(rows.count * columns.count) / Float(height * width)
  }
}

extension KeyedGenerator {
  /// A number of the distribution Beta(α, α), α > 0.
  mutating func beta(_ alpha: Double) -> Double {
    let (first, second) = (logGamma(alpha), logGamma(alpha))
    return 1 / (1 + exp(second - first))
  }

  /// The logarithm of a number of the Gamma distribution of shape `alpha` > 0 and scale 1.
  ///
  /// Source: [Marsaglia and Tsang 2000](https://doi.org/10.1145/358407.358414).
  private mutating func logGamma(_ alpha: Double) -> Double {
    let boost = alpha < 1 ? log(1 - unit()) / alpha : 0
    let d = (alpha < 1 ? alpha + 1 : alpha) - 1.0 / 3
    let c = 1 / (9 * d).squareRoot()
    while true {
      // A normal number by Box and Muller.
      let x = (-2 * log(1 - unit())).squareRoot() * cos(2 * .pi * unit())
      let cube = (1 + c * x) * (1 + c * x) * (1 + c * x)
      guard cube > 0 else { continue }
      if log(1 - unit()) < 0.5 * x * x + d - d * cube + d * log(cube) {
        return log(d) + log(cube) + boost
      }
    }
  }
}
