import Testing

@testable import RetortData

@Suite struct KeyedGeneratorTests {
  // Known answers of the Random123 distribution (kat_vectors, philox 4x32 10).
  @Test(arguments: [
    (
      SIMD4<UInt32>(0, 0, 0, 0), SIMD2<UInt32>(0, 0),
      SIMD4<UInt32>(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)
    ),
    (
      SIMD4(repeating: UInt32.max), SIMD2(repeating: UInt32.max),
      SIMD4(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)
    ),
    (
      SIMD4(0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344), SIMD2(0xa409_3822, 0x299f_31d0),
      SIMD4(0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1)
    ),
  ])
  func knownAnswers(_ counter: SIMD4<UInt32>, _ key: SIMD2<UInt32>, _ expected: SIMD4<UInt32>) {
    #expect(philox(counter, key: key) == expected)
  }

  @Test func everyPartOfTheKeyCounts() {
    func first(_ seed: UInt64, _ stream: KeyedGenerator.Stream, _ step: Int, _ element: Int)
      -> UInt64
    {
      var generator = KeyedGenerator(seed: seed, stream: stream, step: step, element: element)
      return generator.next()
    }
    let numbers = [
      first(1, .order, 0, 0), first(2, .order, 0, 0), first(1 << 40, .order, 0, 0),
      first(1, .split, 0, 0), first(1, .order, 1, 0), first(1, .order, 0, 1),
    ]
    #expect(Set(numbers).count == numbers.count)
    #expect(first(1, .order, 0, 0) == numbers[0])
  }

  @Test func boundedNumbersAreEven() {
    var generator = KeyedGenerator(seed: 9, stream: .order)
    var counts = [Int](repeating: 0, count: 7)
    for _ in 0..<70_000 { counts[generator.number(below: 7)] += 1 }
    #expect(counts.allSatisfy { abs($0 - 10_000) < 500 })  // five deviations
    #expect(generator.number(below: 1) == 0)
  }

  @Test func permutationsAreEven() {
    var counts: [[Int]: Int] = [:]
    for seed in 0..<6000 as Range<UInt64> {
      var generator = KeyedGenerator(seed: seed, stream: .order)
      counts[generator.permutation(of: 3), default: 0] += 1
    }
    #expect(counts.count == 6)
    #expect(counts.values.allSatisfy { abs($0 - 1000) < 150 })
    var generator = KeyedGenerator(seed: 0, stream: .order)
    #expect(generator.permutation(of: 0).isEmpty)
    #expect(generator.permutation(of: 1000).sorted() == Array(0..<1000))
  }
}
