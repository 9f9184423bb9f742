import Glibc
import RetortData
import Testing

@Suite struct ClassSamplingTests {
  /// Classes 0 to 4 of 40, 1, 0, 9 and 25 examples, in no order of classes.
  private static let sizes = [40.0, 1, 0, 9, 25]
  private static let labels: [Int32] = {
    let sorted = sizes.indices.flatMap { [Int32](repeating: Int32($0), count: Int(sizes[$0])) }
    return sorted.indices.map { sorted[$0 * 32 % 75] }
  }()

  private func drawn(_ sampling: BatchOrder.Sampling, from start: Int, _ count: Int) throws -> [Int]
  {
    var order = try BatchOrder(
      count: Self.labels.count, batchSize: count, seed: 4, sampling: sampling,
      position: .init(epoch: start / Self.labels.count, index: start % Self.labels.count))
    return order.next().indices
  }

  /// The probability of each example where those of classes are `classes`.
  private func examples(_ classes: [Double]) -> [Double] {
    Self.labels.map { classes[Int($0)] / Self.sizes[Int($0)] }
  }

  /// Pearson's χ² of the draws; it has mean 74 and deviation 12 where `expected` is right.
  private func chiSquare(_ drawn: [Int], _ expected: [Double]) -> Double {
    var counts = [Double](repeating: 0, count: expected.count)
    for index in drawn { counts[index] += 1 }
    return zip(counts, expected).reduce(0) { sum, pair in
      let mean = pair.1 * Double(drawn.count)
      return sum + (pair.0 - mean) * (pair.0 - mean) / mean
    }
  }

  @Test(arguments: [0, 0.5, 1, 2])
  func classesHaveTheirProbabilities(_ exponent: Double) throws {
    let powers = Self.sizes.map { $0 > 0 ? pow($0, exponent) : 0 }
    let expected = examples(powers.map { $0 / powers.reduce(0, +) })
    let sampling = ClassSampling(labels: Self.labels, exponent: exponent)
    let draws = try drawn(.byClass(sampling), from: 0, 75_000)
    #expect(chiSquare(draws, expected) < 74 + 4 * 12)
    // So many draws tell it from the nearest others.
    #expect(chiSquare(draws, examples(Self.sizes.map { $0 / 75 })) > 1000 || exponent == 1)
  }

  @Test func theBalanceProgresses() throws {
    let sampling = BatchOrder.Sampling.progressive(
      ClassSampling(labels: Self.labels, exponent: 0), over: 7_500_000)
    for (start, share) in [(0, 0.005), (1_875_000, 0.255), (7_425_000, 0.995)] {
      let expected = examples(
        Self.sizes.map { $0 > 0 ? (1 - share) * $0 / 75 + share / 4 : 0 })
      let draws = try drawn(sampling, from: start, 75_000)
      #expect(chiSquare(draws, expected) < 74 + 4 * 12, "from \(start)")
    }
    let later = try drawn(sampling, from: 9_000_000, 75_000)
    #expect(chiSquare(later, examples([0.25, 0.25, 0, 0.25, 0.25])) < 74 + 4 * 12)
  }

  @Test(arguments: [0, 0.5]) func ofNoExamplesNothingIsDrawn(_ exponent: Double) {
    let none = ClassSampling(labels: [], exponent: exponent)
    for sampling in [BatchOrder.Sampling.byClass(none), .progressive(none, over: 100)] {
      #expect(throws: DataError.tooFewExamples(wanted: 1, available: 0, className: nil)) {
        _ = try BatchOrder(count: 0, batchSize: 4, seed: 1, sampling: sampling)
      }
    }
  }

  @Test func oneClassIsDrawnThroughout() throws {
    let sampling = ClassSampling(labels: [7, 7, 7], exponent: 0.5)
    var order = try BatchOrder(count: 3, batchSize: 90, seed: 1, sampling: .byClass(sampling))
    #expect(Set(order.next().indices) == [0, 1, 2])
  }
}
