import Testing

@testable import RetortData

@Suite struct KeyedGeneratorTests {
  // From an own Philox in Python that gives the known answers of the Random123 distribution.
  @Test func theNumbersAreThoseOfTheKey() {
    var generator = KeyedGenerator(
      seed: 0x0123_4567_89AB_CDEF, stream: .split, step: 3, element: 5)
    let expected: [UInt64] = [
      0xB65C_E0A9_9CD6_8E62, 0x9035_1048_423F_2C65,
      0xFEBE_797E_00B1_085A, 0x4D5E_0DFA_7368_538A,
    ]
    #expect(expected.map { _ in generator.next() } == expected)
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
