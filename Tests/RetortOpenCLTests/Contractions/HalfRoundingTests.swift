import Testing

@testable import RetortCore
@testable import RetortOpenCL

/// Operands of fp16 are the halves of IEEE 754: nearest, of two the even one, subnormals too.
@Suite struct HalfRoundingTests {
  // All instructions but NVIDIA's, which rounds by one of its own where it is not emulated, share this.
  static let forms = [ContractionForm.mmaFP16]

  // Written down by hand from the format: 10 fraction bits, exponents −14 to 15.
  static let known: [(Float, Float)] = [
    (1 + 0x1p-11, 1), (1 + 0x1.8p-10, 1 + 0x1p-9), (2049, 2048), (2051, 2052), (65504, 65504),
    (65519.996, 65504), (65520, .infinity), (1e30, .infinity), (0x1p-14, 0x1p-14),
    (0x1.ffbp-15, 0x1.ff8p-15), (0x1.ffcp-15, 0x1p-14), (0x1p-24, 0x1p-24), (0x1p-25, 0),
    (0x1.000002p-25, 0x1p-24), (0x1.8p-24, 0x1p-23), (0x1.4p-23, 0x1p-23), (0x1p-126, 0),
  ]

  @Test(arguments: forms) func knownNumbersAreRoundedToHalves(_ form: ContractionForm) throws {
    let halves = try rounded(Self.known.flatMap { [$0.0, -$0.0] }, form)
    for (index, (x, half)) in Self.known.enumerated() {
      #expect(halves[2 * index] == half, "\(x)")
      #expect(halves[2 * index + 1] == -half, "\(-x)")
    }
  }

  @Test(arguments: forms) func anyNumbersAreRoundedToHalves(_ form: ContractionForm) throws {
    // A stride through all bit patterns, and through those that are halves or nearly.
    let anywhere = (0..<4096).map { UInt32($0) &* 1_048_583 }
    let inside = (0..<4096).map { 0x3300_0000 + UInt32($0) * 45_061 }
    let ties = (0..<2048).map { 0x3300_0000 + (UInt32($0) << 12) * 45 }
    let numbers = (anywhere + inside + ties).map { Float(bitPattern: $0) }.filter { !$0.isNaN }
    let halves = try rounded(numbers, form)
    for (x, half) in zip(numbers, halves) {
      #expect(half == Float(Float16(x)), "\(x) of bits \(String(x.bitPattern, radix: 16))")
    }
  }

  /// The numbers as the instruction sees them: multiplied by 1.
  private func rounded(_ numbers: [Float], _ form: ContractionForm) throws -> [Float] {
    var store = PointwiseProgram(shape: [numbers.count, 1])
    store.store(store.add(.accumulator))
    let product = MatmulStep(
      batch: 1, m: numbers.count, n: 1, k: 1, transposeA: false, transposeB: false,
      epilogue: store)
    let found = try form.runner.run(
      .matmul(product), [.float32(numbers), .float32([1])],
      outputs: [(numbers.count, .float32)])[0]
    return found.floats
  }
}
