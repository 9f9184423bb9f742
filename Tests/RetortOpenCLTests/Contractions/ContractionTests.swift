import RetortTestSupport
import RetortVerification
import Testing

@testable import RetortCore
@testable import RetortOpenCL

/// How a contraction is computed: a form in float32, or emulated matrix units.
enum ContractionForm: String, CaseIterable, Sendable {
  case vector, vectorOfFewRegisters, tiled
  case mmaTF32, mmaBF16, mmaFP16, mfmaTF32, mfmaBF16, mfmaFP16, wmmaBF16, wmmaFP16
  case dpas8BF16, dpas8FP16, dpas16BF16, dpas16FP16

  /// Those on matrix units.
  static let emulated = allCases.filter { $0.units != nil }

  /// One of them, another at each `turn`, of which there are as many as forms.
  static func emulated(turn: Int) -> ContractionForm { emulated[turn * 5 % emulated.count] }

  /// Those of `cases` that it computes: all in float32, every sixth with few registers and stored past the caches, and
  /// every twelfth on each kind of matrix units, which take long to compile; all on all in a whole sweep.
  func turns<Case>(_ cases: [Case]) -> [Case] {
    guard !Sweep.isWhole else { return cases }
    if self == .vectorOfFewRegisters {
      return cases.enumerated().filter { $0.offset % 6 == 0 }.map(\.element)
    }
    guard units != nil else { return cases }
    return cases.enumerated().filter { Self.emulated(turn: $0.offset) == self }.map(\.element)
  }

  /// Runs steps so.
  var runner: StepRunner {
    switch self {
    case .vector: StepRunner(form: .vector)
    case .vectorOfFewRegisters:
      StepRunner(form: .vector, registers: VectorRegisters(count: 8), streamedBytes: 0)
    default: StepRunner(form: .tiled, matrix: units)
    }
  }

  /// What it multiplies on; nil for the float32 forms.
  var units: MatrixUnits? {
    switch self {
    case .vector, .vectorOfFewRegisters, .tiled: nil
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

  @Test(arguments: ContractionForm.allCases)
  func productsMatchTheirDefinition(_ form: ContractionForm) throws {
    var batch = ContractionBatch(form)
    for p in form.turns(Product.all) { try batch.add(p) }
    try batch.check()
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

  @Test(arguments: ContractionForm.allCases)
  func convolutionsMatchTheirDefinition(_ form: ContractionForm) throws {
    var batch = ContractionBatch(form)
    let narrow = form.runner.form == .vector ? form.turns(Case.narrow) : []
    for c in form.turns(Case.all) + narrow { try batch.add(c) }
    try batch.check()
  }
}
