import RetortVerification
import Testing

@testable import RetortCore
@testable import RetortOpenCL

/// How a contraction is computed: a form in float32, or emulated matrix units.
enum ContractionForm: String, CaseIterable, Sendable {
  case vector, tiled
  case mmaTF32, mmaBF16, mmaFP16, mfmaTF32, mfmaBF16, mfmaFP16, wmmaBF16, wmmaFP16
  case dpas8BF16, dpas8FP16, dpas16BF16, dpas16FP16

  /// Those on matrix units.
  static let emulated = allCases.filter { $0.units != nil }

  /// One of them, another at each `turn`, of which there are as many as forms.
  static func emulated(turn: Int) -> ContractionForm { emulated[turn * 5 % emulated.count] }

  /// Runs steps so.
  var runner: StepRunner {
    StepRunner(form: self == .vector ? .vector : .tiled, matrix: units)
  }

  /// What it multiplies on; nil for the float32 forms.
  var units: MatrixUnits? {
    switch self {
    case .vector, .tiled: nil
    case .mmaTF32: MatrixUnits(instruction: .mma, compute: .tf32, isEmulated: true)
    case .mmaBF16: MatrixUnits(instruction: .mma, compute: .bf16, isEmulated: true)
    case .mmaFP16: MatrixUnits(instruction: .mma, compute: .fp16, isEmulated: true)
    case .mfmaTF32: MatrixUnits(instruction: .mfma, compute: .tf32, isEmulated: true)
    case .mfmaBF16: MatrixUnits(instruction: .mfma, compute: .bf16, isEmulated: true)
    case .mfmaFP16: MatrixUnits(instruction: .mfma, compute: .fp16, isEmulated: true)
    case .wmmaBF16: MatrixUnits(instruction: .wmma, compute: .bf16, isEmulated: true)
    case .wmmaFP16: MatrixUnits(instruction: .wmma, compute: .fp16, isEmulated: true)
    case .dpas8BF16: MatrixUnits(instruction: .dpas8, compute: .bf16, isEmulated: true)
    case .dpas8FP16: MatrixUnits(instruction: .dpas8, compute: .fp16, isEmulated: true)
    case .dpas16BF16: MatrixUnits(instruction: .dpas16, compute: .bf16, isEmulated: true)
    case .dpas16FP16: MatrixUnits(instruction: .dpas16, compute: .fp16, isEmulated: true)
    }
  }

  /// The nearest number of 11 or 8 significant bits, of two the even one, or the nearest half; the
  /// number itself in float32.
  func rounded(_ x: Float) -> Float {
    guard let compute = units?.compute, x != 0 else { return x }
    guard compute != .fp16 else { return Float(Float16(x)) }
    let unit = Double(
      sign: .plus, exponent: Int(x.exponent) - (compute == .tf32 ? 10 : 7), significand: 1)
    return Float((Double(x) / unit).rounded(.toNearestOrEven) * unit)
  }
}

/// All forms against the definitions in float64, with and without split sums.
///
/// The definition takes the numbers as matrix units round them: products are then exact, and errors
/// are those of float32 sums.
@Suite struct ContractionTests {
  typealias Product = ProductCase
  typealias Case = ConvolutionCase

  /// Every product in float32, and on one kind of matrix units by turns: they take long to compile.
  static let productForms: [(Product, ContractionForm)] = Product.all.enumerated().flatMap {
    index, p in
    [.vector, .tiled, ContractionForm.emulated(turn: index)].map { (p, $0) }
  }

  @Test(arguments: productForms)
  func matmulMatchesItsDefinition(_ p: Product, _ form: ContractionForm) throws {
    try check(p, form)
  }

  /// Compares a product with its definition: as planned, or in every way that a search tries.
  func check(_ p: Product, _ form: ContractionForm, isSearched: Bool = false) throws {
    var numbers = TestNumbers(seed: 3)
    let a = numbers.floats(p.batch * p.m * p.k), b = numbers.floats(p.batch * p.k * p.n)
    let exactA = a.map(form.rounded), exactB = b.map(form.rounded)
    var sums = [Double](repeating: 0, count: p.batch * p.m * p.n)
    for index in sums.indices {
      let (batch, row, column) = (index / (p.m * p.n), index / p.n % p.m, index % p.n)
      for k in 0..<p.k {
        let x = exactA[batch * p.m * p.k + (p.a ? k * p.m + row : row * p.k + k)]
        let y = exactB[batch * p.k * p.n + (p.b ? column * p.k + k : k * p.n + column)]
        sums[index] += Double(x) * Double(y)
      }
    }
    try check(
      form, 4e-6, isSearched, sums, columns: p.n, terms: p.k, seed: 5, [.float32(a), .float32(b)]
    ) {
      .matmul(
        MatmulStep(
          batch: p.batch, m: p.m, n: p.n, k: p.k, transposeA: p.a, transposeB: p.b, epilogue: $0))
    }
  }

  @Test(arguments: [ContractionForm.mmaTF32, .mmaBF16, .mmaFP16])
  func roundingKeepsWhatIsNotFinite(_ form: ContractionForm) throws {
    let nans = [0x7F80_0001, 0x7FFF_FFFF, 0xFFFF_FFFF].map { Float(bitPattern: $0) }
    let a = nans + [.infinity, -.infinity, .greatestFiniteMagnitude, .leastNormalMagnitude, -0.0]
    let least = Double(form.rounded(.leastNormalMagnitude))
    var store = PointwiseProgram(shape: [a.count, 1])
    store.store(store.add(.accumulator))
    let product = MatmulStep(
      batch: 1, m: a.count, n: 1, k: 1, transposeA: false, transposeB: false, epilogue: store)
    let found = try form.runner.run(
      .matmul(product), [.float32(a), .float32([1])], outputs: [(a.count, .float32)])[0]
    let expected: [Double] = [.nan, .nan, .nan, .infinity, -.infinity, .infinity, least, 0]
    let places = Dictionary(uniqueKeysWithValues: expected.enumerated().map { ($0, $1) })
    #expect(found.firstMismatch(places, within: 0) == nil)
  }

  @Test func winogradTilesFitTheImage() {
    func side(_ from: Shape, _ to: Shape) -> Int {
      WinogradGrid.cheapest(from: from, to: to).0.side
    }
    #expect(side([128, 28, 28, 16], [128, 28, 28, 16]) == 4)
    #expect(side([128, 7, 7, 64], [128, 7, 7, 64]) == 4)
    #expect(side([8, 4, 4, 32], [8, 4, 4, 48]) == 4)
    #expect(side([3, 6, 6, 16], [3, 6, 6, 16]) == 2)
    // Of an odd batch no images go together, and one tile keeps no core busy.
    #expect(side([5, 4, 3, 16], [5, 4, 3, 16]) == 2)
  }

  /// Every case in float32, and on one kind of matrix units by turns.
  static let caseForms: [(Case, ContractionForm)] =
    Case.all.enumerated().flatMap { index, c in
      [.vector, .tiled, ContractionForm.emulated(turn: index)].map { (c, $0) }
    } + Case.narrow.map { ($0, .vector) }

  @Test(arguments: caseForms)
  func convolutionMatchesItsDefinition(_ c: Case, _ form: ContractionForm) throws {
    try check(c, form)
  }

  /// Compares a convolution and its gradients with their definitions, as a product.
  func check(_ c: Case, _ form: ContractionForm, isSearched: Bool = false) throws {
    let g = c.geometry
    let input = Shape(c.input)
    let weight = Shape([c.out, c.high, c.wide, c.input[3] / g.groups])
    let output = try #require(g.outputShape(input: input, weight: weight))
    var numbers = TestNumbers(seed: 4)
    let x = numbers.floats(input.count), w = numbers.floats(weight.count)
    let dy = numbers.floats(output.count)
    // Where every group has one channel there are no products of matrices.
    let exact = g.groups > 1 && weight[3] == 1 ? ContractionForm.tiled : form
    let exactX = x.map(exact.rounded), exactW = w.map(exact.rounded)
    let exactDY = dy.map(exact.rounded)
    var y = [Double](repeating: 0, count: output.count)
    var dx = [Double](repeating: 0, count: input.count)
    var dw = [Double](repeating: 0, count: weight.count)
    for index in y.indices {
      let (o, column) = (index % output[3], index / output[3] % output[2])
      let (row, image) = (
        index / (output[3] * output[2]) % output[1], index / (output[3] * output[2] * output[1])
      )
      for tap in 0..<c.high * c.wide {
        let iy = row * g.strideY - g.padTop + tap / c.wide * g.dilationY
        let ix = column * g.strideX - g.padLeft + tap % c.wide * g.dilationX
        guard (0..<input[1]).contains(iy), (0..<input[2]).contains(ix) else { continue }
        for channel in 0..<weight[3] {
          let from =
            ((image * input[1] + iy) * input[2] + ix) * input[3]
            + o / (c.out / g.groups) * weight[3] + channel
          let by = (o * c.high * c.wide + tap) * weight[3] + channel
          y[index] += Double(exactX[from]) * Double(exactW[by])
          dx[from] += Double(exactDY[index]) * Double(exactW[by])
          dw[by] += Double(exactDY[index]) * Double(exactX[from])
        }
      }
    }
    func step(_ direction: ConvolutionStep.Direction) -> (PointwiseProgram) -> StepKind {
      {
        .convolution(
          ConvolutionStep(
            direction: direction, geometry: g, input: input, weight: weight, output: output,
            epilogue: $0))
      }
    }
    let terms = c.high * c.wide * max(weight[3], c.out)
    // Winograd's 4×4 tiles: 0.8208698630332947 instead of 0.8209891011028958, of 8×4×4×32 → 48.
    let isTransformed = form == .vector && c.high == 3 && c.input[3] % 16 == 0 && c.out % 16 == 0
    let rounding = isTransformed ? 8e-6 : 4e-6
    try check(
      form, rounding, isSearched, y, columns: c.out, terms: terms, seed: 1,
      [.float32(x), .float32(w)],
      step(.forward))
    try check(
      form, rounding, isSearched, dx, columns: input[3], terms: terms, seed: 2,
      [.float32(dy), .float32(w)],
      step(.inputGradient))
    try check(
      form, rounding, isSearched, dw, columns: weight.count / c.out, terms: output.count / c.out,
      seed: nil,
      [.float32(x), .float32(dy)], step(.weightGradient))
  }

  /// Runs a contraction with the plain store and, if there is a `seed`, with one that adds a bias
  /// per column, clips, adds a residual, and keeps the raw sum too.
  private func check(
    _ form: ContractionForm, _ rounding: Double, _ isSearched: Bool, _ sums: [Double],
    columns: Int, terms: Int, seed: UInt64?,
    _ operands: [HostArray],
    _ kind: (PointwiseProgram) -> StepKind
  ) throws {
    let tolerance = rounding * Double(max(terms, 1)).squareRoot()
    var plain = PointwiseProgram(shape: [sums.count / columns, columns])
    plain.store(plain.add(.accumulator))
    var programs: [(PointwiseProgram, [HostArray])] = [(plain, [])]
    if let seed {
      var numbers = TestNumbers(seed: seed)
      var fused = PointwiseProgram(shape: plain.shape)
      let sum = fused.add(.accumulator)
      let bias = fused.load(.init(strides: SIMD8(0, 1, 0, 0, 0, 0, 0, 0)))
      let clipped = fused.add(.unary(.relu, fused.add(.binary(.add, sum, bias))))
      fused.store(fused.add(.binary(.add, clipped, fused.load())))
      fused.store(sum)
      programs.append(
        (fused, [.float32(numbers.floats(columns)), .float32(numbers.floats(sums.count))]))
    }
    let runner = form.runner
    for (place, (program, extra)) in programs.enumerated() {
      let job = StepJob(
        kind: kind(program), inputs: operands + extra,
        outputs: program.results.map { _ in (sums.count, .float32) })
      // The last program holds the others, but CLBlast has none of its own, and float32 alone.
      let choices =
        isSearched
        ? try runner.candidates(for: job).filter {
          $0.algorithm == .clblast ? form.units == nil : place == programs.count - 1
        } : [TuningChoice()]
      let jobs = choices.map { choice in
        var job = job
        job.choice = choice
        return job
      }
      let oracle = ProgramOracle(program: program, inputs: extra)
      for (outputs, choice) in zip(try runner.run(jobs), choices) {
        for (index, output) in outputs.enumerated() {
          let expected = oracle.stored(index, in: output.count, accumulators: sums)
          let message = output.firstMismatch(expected, within: tolerance)
          #expect(
            message == nil,
            "\(choice): result \(index) of \(program.results.count): \(message ?? "")")
        }
      }
    }
  }
}
