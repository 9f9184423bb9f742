import RetortTestSupport
import RetortVerification
import Testing

@testable import RetortCore
@testable import RetortOpenCL

/// Every way in which a search may compute a contraction gives what the definition says.
@Suite struct CandidateTests {
  typealias Product = ContractionTests.Product
  typealias Case = ContractionTests.Case

  /// All of them, or each second one, where a great deal is not to be tried.
  private static func some<Value>(_ all: [Value]) -> [Value] {
    all.indices.filter { Sweep.isWhole || $0 % 2 == 0 }.map { all[$0] }
  }

  @Test(
    arguments: some([
      (Product(m: 37, n: 70, k: 300), ContractionForm.vector),
      (Product(m: 9, n: 20, k: 2100, b: true), .vector),
      (Product(batch: 2, m: 150, n: 33, k: 130, a: true), .tiled),
      (Product(batch: 2, m: 150, n: 33, k: 130, a: true), .mfmaTF32),
      (Product(batch: 2, m: 150, n: 33, k: 130, a: true), .dpas16BF16),
      (Product(batch: 2, m: 150, n: 33, k: 130, a: true), .wmmaBF16),
      (Product(batch: 2, m: 150, n: 33, k: 130, a: true), .mmaFP16),
    ]))
  func productsAreRightHoweverChosen(_ p: Product, _ form: ContractionForm) throws {
    var batch = ContractionBatch(form, isSearched: true)
    try batch.add(p)
    try batch.check()
  }

  @Test(
    arguments: some([
      (Case([3, 9, 8, 8], 12, 3, 3) { $0 = Convolution(stride: 2, padding: 1) }, .vector),
      (Case([2, 19, 21, 6], 3, 3, 3) { $0 = Convolution(padding: 1) }, .vector),
      (Case([18, 9, 11, 3], 5, 3, 3) { $0 = Convolution(stride: 2, padding: 1) }, .vector),
      (Case([2, 7, 5, 6], 6, 3, 3) { $0 = Convolution(padding: 1, groups: 6) }, .vector),
      (Case([3, 11, 9, 16], 32, 3, 3) { $0 = Convolution(padding: 1) }, ContractionForm.vector),
      (Case([2, 9, 7, 8], 12, 3, 3) { $0 = Convolution(stride: 2, groups: 2) }, .tiled),
    ]))
  func convolutionsAreRightHoweverChosen(_ c: Case, _ form: ContractionForm) throws {
    var batch = ContractionBatch(form, isSearched: true)
    try batch.add(c)
    try batch.check()
  }
}
