import CTestOracles
import RetortVerification
import Testing

@testable import RetortCore
@testable import RetortOpenCL

/// Contractions in one form beside their definitions in float64: they are built and run together,
/// because each program costs PoCL a tenth of a second, and each kernel more.
struct ContractionBatch {
  /// One way to compute one contraction, with what its store must leave.
  private struct Entry {
    let name: String
    let job: StepJob
    let expected: [[Double]]
    let tolerance: Double
  }

  private let form: ContractionForm
  private let runner: StepRunner
  private let isSearched: Bool
  private var entries: [Entry] = []

  /// - Parameter isSearched: Whether contractions are computed in every way that a search tries.
  init(_ form: ContractionForm, isSearched: Bool = false) {
    (self.form, self.isSearched) = (form, isSearched)
    runner = form.runner
  }

  /// Adds a product, of numbers as the form rounds them.
  mutating func add(_ p: ProductCase) throws {
    var numbers = TestNumbers(seed: 3)
    let a = numbers.floats(p.batch * p.m * p.k), b = numbers.floats(p.batch * p.k * p.n)
    var sums = [Double](repeating: 0, count: p.batch * p.m * p.n)
    oracle_matmul(
      p.batch, p.m, p.n, p.k, p.a ? 1 : 0, p.b ? 1 : 0, a.map(form.rounded), b.map(form.rounded),
      &sums)
    let rounding = 4e-6 * Double(max(p.k, 1)).squareRoot()
    try add("\(p)", sums, columns: p.n, within: rounding, [.float32(a), .float32(b)]) {
      .matmul(
        MatmulStep(
          batch: p.batch, m: p.m, n: p.n, k: p.k, transposeA: p.a, transposeB: p.b, epilogue: $0))
    }
  }

  /// Adds a convolution and its gradients.
  mutating func add(_ c: ConvolutionCase) throws {
    let g = c.geometry
    let input = Shape(c.input)
    let weight = Shape([c.out, c.high, c.wide, c.input[3] / g.groups])
    let output = try #require(g.outputShape(input: input, weight: weight))
    var numbers = TestNumbers(seed: 4)
    let x = numbers.floats(input.count), w = numbers.floats(weight.count)
    let dy = numbers.floats(output.count)
    var y = [Double](repeating: 0, count: output.count)
    var dx = [Double](repeating: 0, count: input.count)
    var dw = [Double](repeating: 0, count: weight.count)
    // Where every group has one channel there are no products of matrices.
    let exact = g.groups > 1 && weight[3] == 1 ? ContractionForm.tiled : form
    oracle_convolution(
      oracle_convolution_shape(
        images: input[0], height: input[1], width: input[2], channels: input[3],
        out_height: output[1], out_width: output[2], out: c.out, high: c.high, wide: c.wide,
        depth: weight[3], groups: g.groups, stride_y: g.strideY, stride_x: g.strideX,
        pad_top: g.padTop, pad_left: g.padLeft, dilation_y: g.dilationY, dilation_x: g.dilationX),
      x.map(exact.rounded), w.map(exact.rounded), dy.map(exact.rounded), &y, &dx, &dw)
    func step(_ direction: ConvolutionStep.Direction) -> (PointwiseProgram) -> StepKind {
      {
        .convolution(
          ConvolutionStep(
            direction: direction, geometry: g, input: input, weight: weight, output: output,
            epilogue: $0))
      }
    }
    // Winograd's 4×4 tiles: 0.8208698630332947 instead of 0.8209891011028958, of 8×4×4×32 → 48.
    let isTransformed = form == .vector && c.high == 3 && c.input[3] % 16 == 0 && c.out % 16 == 0
    let rounding = isTransformed ? 8e-6 : 4e-6
    let terms = Double(c.high * c.wide * max(weight[3], c.out)).squareRoot()
    let positions = Double(max(output.count / c.out, 1)).squareRoot()
    try add(
      "\(c)", y, columns: c.out, within: rounding * terms, [.float32(x), .float32(w)],
      step(.forward))
    try add(
      "input gradient of \(c)", dx, columns: input[3], within: rounding * terms,
      [.float32(dy), .float32(w)], step(.inputGradient))
    try add(
      "weight gradient of \(c)", dw, columns: weight.count / c.out, within: rounding * positions,
      [.float32(x), .float32(dy)], hasEpilogue: false, step(.weightGradient))
  }

  /// Adds a contraction with a store that adds a bias per column, clips, adds a residual and keeps
  /// the raw sum too; with the plain store where it has no other, and in every fourth place.
  private mutating func add(
    _ name: String, _ sums: [Double], columns: Int, within tolerance: Double,
    _ operands: [HostArray], hasEpilogue: Bool = true, _ kind: (PointwiseProgram) -> StepKind
  ) throws {
    var plain = PointwiseProgram(shape: [sums.count / columns, columns])
    plain.store(plain.add(.accumulator))
    var programs: [(PointwiseProgram, extra: [HostArray], expected: [[Double]])] = []
    if !hasEpilogue || isSearched || entries.count % 4 == 0 { programs.append((plain, [], [sums])) }
    if hasEpilogue {
      var numbers = TestNumbers(seed: 5)
      var fused = PointwiseProgram(shape: plain.shape)
      let sum = fused.add(.accumulator)
      let bias = fused.load(.init(strides: SIMD8(0, 1, 0, 0, 0, 0, 0, 0)))
      let clipped = fused.add(.unary(.relu, fused.add(.binary(.add, sum, bias))))
      fused.store(fused.add(.binary(.add, clipped, fused.load())))
      fused.store(sum)
      let (shift, residual) = (numbers.floats(columns), numbers.floats(sums.count))
      let stored = sums.indices.map {
        max(0, sums[$0] + Double(shift[$0 % columns])) + Double(residual[$0])
      }
      programs.append((fused, [.float32(shift), .float32(residual)], [stored, sums]))
    }
    for (place, (program, extra, expected)) in programs.enumerated() {
      var job = StepJob(
        kind: kind(program), inputs: operands + extra,
        outputs: program.results.map { _ in (sums.count, .float32) })
      // The last program holds the others, but CLBlast has none of its own, and float32 alone.
      let choices =
        isSearched
        ? try runner.candidates(for: job).filter {
          $0.algorithm == .clblast ? form.units == nil : place == programs.count - 1
        } : [TuningChoice()]
      for choice in choices {
        job.choice = choice
        entries.append(
          Entry(
            name: isSearched ? "\(name), \(choice)" : name, job: job, expected: expected,
            tolerance: tolerance))
      }
    }
  }

  /// Runs all, and compares all that they stored.
  func check() throws {
    try #require(!entries.isEmpty)
    for (entry, outputs) in zip(entries, try runner.run(entries.map(\.job))) {
      for (index, (output, expected)) in zip(outputs, entry.expected).enumerated() {
        let message = output.firstMismatch(expected, within: entry.tolerance)
        #expect(
          message == nil, "\(entry.name): result \(index) of \(outputs.count): \(message ?? "")")
      }
    }
  }
}
