import Glibc

/// Random numbers that are a pure function of seed, stream, step and element: Philox 4×32-10.
///
/// `uniforms` and `normals` give what a plan's random operation gives for the same seed, stream and
/// step: elements `4b … 4b + 3` are made of the four words of counter `(b, step, stream, 0)` under
/// the seed's two halves. As a `RandomNumberGenerator` it draws from counters `(i, step, stream, 1)`,
/// so that the two uses share no number.
///
/// Source: [Salmon, Moraes, Dror, Shaw 2011](https://doi.org/10.1145/2063384.2063405), section 3.3.
public struct Philox4x32: RandomNumberGenerator, Sendable, Hashable {
  /// The 64-bit seed.
  public let seed: UInt64
  /// The stream's number, one per use of randomness; different streams share no counter.
  public let stream: UInt32
  /// The step at which numbers are drawn, such as the training step.
  public let step: UInt32
  private var drawn: UInt32 = 0
  private var spare: UInt64?

  /// The numbers of one seed, stream and step.
  public init(seed: UInt64, stream: UInt32, step: UInt32 = 0) {
    self.seed = seed
    self.stream = stream
    self.step = step
  }

  /// The next 64 bits.
  public mutating func next() -> UInt64 {
    if let value = spare {
      spare = nil
      return value
    }
    let x = Self.block(counter: SIMD4(drawn, step, stream, 1), key: Self.key(seed))
    drawn &+= 1
    spare = UInt64(x[2]) | UInt64(x[3]) << 32
    return UInt64(x[0]) | UInt64(x[1]) << 32
  }

  /// The first `count` elements uniform in [0, 1), each a multiple of 2⁻²⁴.
  public func uniforms(_ count: Int) -> [Float] {
    elements(count) { x in
      SIMD4(Self.unit(x[0]), Self.unit(x[1]), Self.unit(x[2]), Self.unit(x[3]))
    }
  }

  /// The first `count` elements of the normal distribution with mean 0 and variance 1.
  ///
  /// Box–Muller in double precision: a device's numbers differ by rounding, at most 2e-6.
  public func normals(_ count: Int) -> [Float] {
    elements(count) { x in
      let (a, b) = Self.pair(x[0], x[1])
      let (c, d) = Self.pair(x[2], x[3])
      return SIMD4(a, b, c, d)
    }
  }

  /// The state operand of a plan's random operation: the seed's two halves and the step.
  public static func state(seed: UInt64, step: UInt32) -> [Int32] {
    let key = key(seed)
    return [Int32(bitPattern: key[0]), Int32(bitPattern: key[1]), Int32(bitPattern: step)]
  }

  /// The block function: four random words of a counter and a key.
  public static func block(counter: SIMD4<UInt32>, key: SIMD2<UInt32>) -> SIMD4<UInt32> {
    var x = counter
    var k = key
    for _ in 0..<10 {
      let first = x[0].multipliedFullWidth(by: 0xD251_1F53)
      let second = x[2].multipliedFullWidth(by: 0xCD9E_8D57)
      x = SIMD4(second.high ^ x[1] ^ k[0], second.low, first.high ^ x[3] ^ k[1], first.low)
      k &+= SIMD2(0x9E37_79B9, 0xBB67_AE85)
    }
    return x
  }

  private static func key(_ seed: UInt64) -> SIMD2<UInt32> {
    SIMD2(UInt32(truncatingIfNeeded: seed), UInt32(truncatingIfNeeded: seed >> 32))
  }

  private func elements(
    _ count: Int, _ convert: (SIMD4<UInt32>) -> SIMD4<Float>
  ) -> [Float] {
    let key = Self.key(seed)
    return [Float](unsafeUninitializedCapacity: count) { buffer, filled in
      for start in stride(from: 0, to: count, by: 4) {
        let counter = SIMD4(UInt32(truncatingIfNeeded: start / 4), step, stream, 0)
        let four = convert(Self.block(counter: counter, key: key))
        for lane in 0..<min(4, count - start) {
          buffer.initializeElement(at: start + lane, to: four[lane])
        }
      }
      filled = count
    }
  }

  private static func unit(_ word: UInt32) -> Float { Float(word >> 8) * 0x1p-24 }

  /// Two normal numbers from two words; the first word's uniform lies in (0, 1].
  private static func pair(_ first: UInt32, _ second: UInt32) -> (Float, Float) {
    let radius = (-2 * log(Double((first >> 8) + 1) * 0x1p-24)).squareRoot()
    let angle = 2 * Double.pi * Double(second >> 8) * 0x1p-24
    return (Float(radius * cos(angle)), Float(radius * sin(angle)))
  }
}
