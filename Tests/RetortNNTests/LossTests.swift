import RetortCPU
import RetortCore
import RetortNN
import Testing

@Suite struct LossTests {
  /// The value is numpy's in float64, from the formula.
  @Test func crossEntropyOfTwoRows() throws {
    let graph = Graph()
    let logits = graph.constant([1, 2, 0.5, -0.3, 0.8, 1.2] as [Float], [2, 3])
    let labels = graph.constant([0, 1] as [Int32], [2])
    let plain = crossEntropy(logits: logits, labels: labels)
    let smooth = crossEntropy(logits: logits, labels: labels, labelSmoothing: 0.3)
    let found = try values([plain, smooth], oracle())
    #expect(isClose(found[0], [1.2513847274]))
    // 0.7·1.2513847274 + 0.3·mean over classes and rows of -log softmax
    #expect(isClose(found[1], [0.7 * 1.2513847274 + 0.3 * 1.2847180607]))
  }

  @Test func binaryCrossEntropyNeverOverflows() throws {
    let graph = Graph()
    let logits = graph.constant([0, 10_000, -10_000, 2] as [Float], [2, 2])
    let targets = graph.constant([1, 0, 1, 0.25] as [Float], [2, 2])
    let loss = binaryCrossEntropy(logits: logits, targets: targets, reduction: .none)
    let sum = binaryCrossEntropy(logits: logits, targets: targets, reduction: .batchMean)
    let found = try values([loss, sum], oracle())
    #expect(isClose(found[0], [0.6931472, 10_000, 10_000, 2.126928 - 0.5]))
    #expect(isClose(found[1], [(0.6931472 + 20_000 + 1.626928) / 2]))
  }

  @Test func meanSquaredErrorReducesAsTold() throws {
    let graph = Graph()
    let a = graph.constant([1, 2, 3, 5] as [Float], [2, 2])
    let b = graph.constant([0, 2, 1, 1] as [Float], [2, 2])
    let found = try values(
      [
        meanSquaredError(a, b), meanSquaredError(a, b, reduction: .sum),
        meanSquaredError(a, b, reduction: .batchMean),
      ], oracle())
    #expect(found == [[5.25], [21], [10.5]])
  }

  @Test func gaussianDivergenceIsZeroAtTheStandardOne() throws {
    let graph = Graph()
    let mean = graph.constant([0, 0, 1, 2] as [Float], [2, 2])
    let logVariance = graph.constant([0, 0, 0, 0.6931472] as [Float], [2, 2])
    let found = try values([gaussianKL(mean: mean, logVariance: logVariance)], oracle())[0]
    #expect(isClose(found, [0, 0.5 * (1 + 4 + 2 - 0.6931472 - 1)]))
  }

  /// The values are `(eˣ - 1 - x) / 2` in 40 digits.
  @Test func gaussianDivergenceKeepsItsDigitsNearTheStandardOne() throws {
    let graph = Graph()
    let x: [Float] = [0.0009765625, -0.0009765625, 1, -1, 1.5, -0.25]
    let logVariance = graph.constant(x, [6, 1])
    let rows = gaussianKL(mean: graph.fill(0, [6, 1]), logVariance: logVariance)
    let exact = x.map { x in
      // Σ xⁿ / n! from n = 2; 30 terms are more than float64 holds.
      (2...30).reduce((sum: 0.0, term: Double(x))) { last, n in
        let term = last.term * Double(x) / Double(n)
        return (last.sum + term, term)
      }.sum / 2
    }
    for (found, wanted) in zip(try values([rows], oracle())[0], exact) {
      #expect(abs(Double(found) - wanted) <= 1e-6 * wanted)
    }
  }

  @Test func differentShapesAreAFault() {
    let graph = Graph()
    _ = meanSquaredError(graph.fill(0, [2, 3]), graph.fill(0, [3]))
    #expect(
      graph.error.map { "\($0)" }
        == "mean squared error cannot combine shapes [2, 3] and [3]")
  }
}
