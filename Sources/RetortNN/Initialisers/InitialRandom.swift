import Glibc

/// Random numbers on the host for initial weights: Philox 4×32-10 keyed by (seed, stream).
///
/// Element `4b + w` of attempt `a` is word `w` of counter `(b, a, stream, 0)` under the seed's two
/// halves, the convention of the graph's random operation.
///
/// Source: [Salmon, Moraes, Dror, Shaw 2011](https://doi.org/10.1145/2063384.2063405), section 3.3.
package struct InitialRandom: Sendable {
  package let seed: UInt64
  package let stream: UInt32

  package init(seed: UInt64, stream: UInt32) {
    self.seed = seed
    self.stream = stream
  }

  /// The four words of one counter.
  package func words(block: UInt32, attempt: UInt32 = 0) -> SIMD4<UInt32> {
    var x = SIMD4<UInt32>(block, attempt, stream, 0)
    var (k0, k1) = (UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
    for _ in 0..<10 {
      let a = x[0].multipliedFullWidth(by: 0xD251_1F53)
      let b = x[2].multipliedFullWidth(by: 0xCD9E_8D57)
      x = SIMD4(b.high ^ x[1] ^ k0, b.low, a.high ^ x[3] ^ k1, a.low)
      k0 &+= 0x9E37_79B9
      k1 &+= 0xBB67_AE85
    }
    return x
  }

  /// `count` numbers uniform in [0, 1), each a multiple of 2⁻²⁴.
  package func uniforms(_ count: Int) -> [Float] {
    fill(count, attempt: 0) { x in
      SIMD4<Float>(
        InitialRandom.unit(x[0]), InitialRandom.unit(x[1]), InitialRandom.unit(x[2]),
        InitialRandom.unit(x[3]))
    }
  }

  /// `count` numbers of the normal distribution with mean 0 and variance 1 (Box–Muller).
  package func normals(_ count: Int, attempt: UInt32 = 0) -> [Float] {
    fill(count, attempt: attempt) { x in
      let (a, b) = InitialRandom.pair(x[0], x[1])
      let (c, d) = InitialRandom.pair(x[2], x[3])
      return SIMD4<Float>(a, b, c, d)
    }
  }

  private func fill(
    _ count: Int, attempt: UInt32, _ convert: (SIMD4<UInt32>) -> SIMD4<Float>
  ) -> [Float] {
    var values: [Float] = []
    values.reserveCapacity(count + 3)
    var block: UInt32 = 0
    while values.count < count {
      let four = convert(words(block: block, attempt: attempt))
      for index in 0..<4 { values.append(four[index]) }
      block &+= 1
    }
    values.removeLast(values.count - count)
    return values
  }

  private static func unit(_ word: UInt32) -> Float { Float(word >> 8) * 0x1p-24 }

  private static func pair(_ a: UInt32, _ b: UInt32) -> (Float, Float) {
    let radius = (-2 * log(Double((a >> 8) + 1) * 0x1p-24)).squareRoot()
    let angle = 2 * Double.pi * Double(b >> 8) * 0x1p-24
    return (Float(radius * cos(angle)), Float(radius * sin(angle)))
  }
}
