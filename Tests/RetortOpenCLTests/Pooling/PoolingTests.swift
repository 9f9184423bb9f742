import RetortVerification
import Testing

@testable import RetortCore
@testable import RetortOpenCL

/// Pooling in both forms against its definition.
@Suite struct PoolingTests {
  typealias Case = PoolingCase

  /// What each output window meets: places in the input, row-major, and the divisor of a mean.
  private func windows(_ c: Case, _ output: Shape) -> [(places: [Int], divisor: Double)] {
    let (p, h, w, channels) = (c.pooling, c.input[1], c.input[2], c.input[3])
    return (0..<output.count).map { index in
      let (channel, ox) = (index % channels, index / channels % output[2])
      let oy = index / (channels * output[2]) % output[1]
      let image = index / (channels * output[2] * output[1])
      var places: [Int] = []
      for y in oy * p.strideY - p.padTop..<oy * p.strideY - p.padTop + p.height
      where (0..<h).contains(y) {
        for x in ox * p.strideX - p.padLeft..<ox * p.strideX - p.padLeft + p.width
        where (0..<w).contains(x) {
          places.append(((image * h + y) * w + x) * channels + channel)
        }
      }
      return (places, Double(p.countsPadding ? p.height * p.width : places.count))
    }
  }

  private func run(
    _ form: KernelForm, _ kind: PoolingStep.Kind, _ c: Case, _ output: Shape, _ inputs: [[Float]],
    count: Int, _ expected: [Double], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let step = PoolingStep(
      kind: kind, pooling: c.pooling, input: Shape(c.input), output: output)
    let result = try StepRunner(form: form).run(
      .pooling(step), inputs.map { .float32($0) }, outputs: [(count, .float32)])[0]
    let places = Dictionary(uniqueKeysWithValues: expected.enumerated().map { ($0, $1) })
    let message = result.firstMismatch(places, within: 1e-6)
    #expect(message == nil, "\(kind): \(message ?? "")", sourceLocation: sourceLocation)
  }

  @Test(arguments: KernelForm.allCases, Case.all)
  func poolingMatchesItsDefinition(_ form: KernelForm, _ c: Case) throws {
    let input = Shape(c.input)
    let output = try #require(c.pooling.outputShape(input))
    let windows = windows(c, output)
    var numbers = TestNumbers(seed: 6)
    let v = numbers.floats(input.count), g = numbers.floats(output.count)
    for hasSpecials in [false, true] {
      // Few distinct values, so that maxima tie.
      let x = (0..<input.count).map { _ in
        hasSpecials
          ? numbers.pick([Float.nan, .infinity, -.infinity, 1, 0, -1])
          : Float(numbers.int(-3..<4))
      }
      let winners = windows.map { window in
        window.places.dropFirst().reduce(window.places[0]) { best, place in
          x[place] > x[best] || x[place].isNaN ? place : best
        }
      }
      var dx = [Double](repeating: 0, count: input.count)
      for (index, winner) in winners.enumerated() { dx[winner] += Double(g[index]) }
      try run(
        form, .maximum, c, output, [x], count: output.count, winners.map { Double(x[$0]) })
      try run(
        form, .maximumSelect, c, output, [x, v], count: output.count,
        winners.map { Double(v[$0]) })
      try run(form, .maximumBackward, c, output, [x, g], count: input.count, dx)
    }
    var dx = [Double](repeating: 0, count: input.count)
    for (index, window) in windows.enumerated() {
      for place in window.places { dx[place] += Double(g[index]) / window.divisor }
    }
    try run(
      form, .average, c, output, [v], count: output.count,
      windows.map { window in
        window.places.map { Double(v[$0]) }.reduce(0, +) / window.divisor
      })
    try run(form, .averageBackward, c, output, [g], count: input.count, dx)
  }
}
