import Glibc
import RetortCore
import Testing

@Suite struct PhiloxTests {
  /// The known answers that the Random123 distribution ships for `philox4x32 10`.
  static let knownAnswers: [(counter: SIMD4<UInt32>, key: SIMD2<UInt32>, words: SIMD4<UInt32>)] = [
    (
      SIMD4(0, 0, 0, 0), SIMD2(0, 0),
      SIMD4(0x6627_E8D5, 0xE169_C58D, 0xBC57_AC4C, 0x9B00_DBD8)
    ),
    (
      SIMD4(repeating: .max), SIMD2(repeating: .max),
      SIMD4(0x408F_276D, 0x41C8_3B0E, 0xA20B_C7C6, 0x6D54_51FD)
    ),
    (
      SIMD4(0x243F_6A88, 0x85A3_08D3, 0x1319_8A2E, 0x0370_7344), SIMD2(0xA409_3822, 0x299F_31D0),
      SIMD4(0xD16C_FE09, 0x94FD_CCEB, 0x5001_E420, 0x2412_6EA1)
    ),
  ]

  @Test(arguments: 0..<3)
  func blockGivesTheKnownAnswers(_ index: Int) {
    let answer = Self.knownAnswers[index]
    #expect(Philox4x32.block(counter: answer.counter, key: answer.key) == answer.words)
  }

  @Test func uniformsAreTheWordsOfTheirCounters() {
    let seed: UInt64 = 0x299F_31D0_A409_3822
    let found = Philox4x32(seed: seed, stream: 7, step: 5).uniforms(11)
    #expect(found.count == 11)
    for index in 0..<11 {
      let words = Philox4x32.block(
        counter: SIMD4(UInt32(index / 4), 5, 7, 0), key: SIMD2(0xA409_3822, 0x299F_31D0))
      #expect(found[index] == Float(words[index % 4] >> 8) / 16_777_216)
    }
  }

  @Test(arguments: [0, 1, 3, 4, 5, 64, 1001])
  func aShorterDrawIsAPrefix(_ count: Int) {
    let generator = Philox4x32(seed: 42, stream: 1)
    #expect(generator.uniforms(count) == Array(generator.uniforms(1004).prefix(count)))
    #expect(generator.normals(count) == Array(generator.normals(1004).prefix(count)))
  }

  @Test func uniformsLieInTheUnitIntervalAndFillIt() {
    let found = Philox4x32(seed: 1, stream: 2, step: 3).uniforms(100_000)
    #expect(found.allSatisfy { $0 >= 0 && $0 < 1 })
    let mean = found.reduce(0) { $0 + Double($1) } / 100_000
    #expect(abs(mean - 0.5) < 0.005)
    var bins = [Int](repeating: 0, count: 10)
    for value in found { bins[Int(value * 10)] += 1 }
    #expect(bins.allSatisfy { abs($0 - 10_000) < 500 })
  }

  @Test func normalsHaveTheMomentsOfTheNormalDistribution() {
    let found = Philox4x32(seed: 9, stream: 0).normals(100_000).map(Double.init)
    func moment(_ power: Int) -> Double {
      found.reduce(0) { sum, x in sum + (0..<power).reduce(1) { product, _ in product * x } }
        / Double(found.count)
    }
    #expect(abs(moment(1)) < 0.015)
    #expect(abs(moment(2) - 1) < 0.02)
    #expect(abs(moment(3)) < 0.05)
    #expect(abs(moment(4) - 3) < 0.15)
    #expect(found.allSatisfy { abs($0) < 5.8 })
  }

  @Test func normalsPairUpAsBoxAndMullerDo() {
    let generator = Philox4x32(seed: 77, stream: 4, step: 2)
    let (u, z) = (generator.uniforms(400), generator.normals(400))
    for start in stride(from: 0, to: 400, by: 2) {
      let square = Double(z[start]) * Double(z[start]) + Double(z[start + 1]) * Double(z[start + 1])
      // r² = −2 log u₁ with u₁ one step of 2⁻²⁴ above the uniform, so e^(−r²/2) gives it back.
      let first = Double(u[start]) + 0x1p-24
      #expect(abs(exp(-square / 2) - first) < 1e-6)
    }
  }

  @Test func seedStreamAndStepEachChangeEverything() {
    let base = Philox4x32(seed: 1, stream: 0, step: 0).uniforms(1000)
    let others = [
      Philox4x32(seed: 2, stream: 0, step: 0), Philox4x32(seed: 1 << 32, stream: 0, step: 0),
      Philox4x32(seed: 1, stream: 1, step: 0), Philox4x32(seed: 1, stream: 0, step: 1),
    ]
    for other in others {
      #expect(zip(base, other.uniforms(1000)).filter { $0 == $1 }.count < 5)
    }
  }

  @Test func theGeneratorRepeatsAndSharesNoNumberWithTheElements() {
    var (first, second) = (Philox4x32(seed: 3, stream: 8), Philox4x32(seed: 3, stream: 8))
    let draws = (0..<100).map { _ in first.next() }
    #expect(draws == (0..<100).map { _ in second.next() })
    #expect(Set(draws).count == 100)
    let element = Philox4x32.block(counter: SIMD4(0, 0, 8, 0), key: SIMD2(3, 0))
    #expect(draws[0] != UInt64(element[0]) | UInt64(element[1]) << 32)
  }

  @Test func stateHoldsTheSeedsHalvesAndTheStep() {
    #expect(Philox4x32.state(seed: 0xFFFF_FFFF_0000_0002, step: 6) == [2, -1, 6])
  }
}
