import RetortCore

/// Random numbers that are a pure function of (seed, stream, step, element) and of their index.
///
/// No state is carried from one key to the next, so results do not depend on threads, on resuming or on other
/// draws.
///
/// The counter is (block, element, step, stream). `Philox4x32` has 0 or 1 in the last word and the streams
/// here do not, so that the two use disjoint counters.
struct KeyedGenerator: RandomNumberGenerator {
  /// The use of the numbers; different streams use disjoint counters.
  enum Stream: UInt32 {
    case order = 0x4F52_4452
    case replacement = 0x5245_504C
    case split = 0x5350_4C54
    case augmentation = 0x4155_474D
    case crop = 0x4352_4F50
    case colour = 0x434F_4C52
    case mixing = 0x4D49_5853
  }

  private let key: SIMD2<UInt32>
  private var counter: SIMD4<UInt32>
  private var spare: UInt64?

  /// The generator of one key; `step` and `element` count modulo 2³².
  init(seed: UInt64, stream: Stream, step: Int = 0, element: Int = 0) {
    key = SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    counter = SIMD4(
      0, UInt32(truncatingIfNeeded: element), UInt32(truncatingIfNeeded: step), stream.rawValue)
  }

  /// The next 64 bits.
  mutating func next() -> UInt64 {
    if let value = spare {
      spare = nil
      return value
    }
    let block = Philox4x32.block(counter: counter, key: key)
    counter[0] &+= 1
    spare = UInt64(block[2]) | UInt64(block[3]) << 32
    return UInt64(block[0]) | UInt64(block[1]) << 32
  }
}

extension RandomNumberGenerator {
  /// A whole number from 0 to `bound − 1`, each equally likely.
  ///
  /// Implemented here, since a change of the standard library's algorithm would change every run.
  ///
  /// Source: [Lemire 2019](https://doi.org/10.1145/3230636), algorithm 5.
  mutating func number(below bound: Int) -> Int {
    precondition(bound > 0, "a random number needs a positive bound")
    let range = UInt64(bound)
    var product = next().multipliedFullWidth(by: range)
    if product.low < range {
      let threshold = (0 &- range) % range
      while product.low < threshold { product = next().multipliedFullWidth(by: range) }
    }
    return Int(product.high)
  }

  /// A number in [0, 1), a multiple of 2⁻⁵³.
  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A random order of `0..<count` (Fisher–Yates from the last index down).
  mutating func permutation(of count: Int) -> [Int] {
    var order = Array(0..<count)
    for place in stride(from: count - 1, to: 0, by: -1) {
      order.swapAt(place, number(below: place + 1))
    }
    return order
  }
}
