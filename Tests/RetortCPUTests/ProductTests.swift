import RetortCPU
import Testing

@testable import RetortCore

@Suite struct ProductTests {
  private func reference(
    _ a: [Double], _ b: [Double], _ batch: Int, _ m: Int, _ n: Int, _ k: Int, _ ta: Bool, _ tb: Bool
  ) -> [Double] {
    var c = Array(repeating: 0.0, count: batch * m * n)
    for matrix in 0..<batch {
      for i in 0..<m {
        for j in 0..<n {
          var sum = 0.0
          for l in 0..<k {
            let x = a[matrix * m * k + (ta ? l * m + i : i * k + l)]
            let y = b[matrix * k * n + (tb ? j * k + l : l * n + j)]
            sum += x * y
          }
          c[(matrix * m + i) * n + j] = sum
        }
      }
    }
    return c
  }

  private func step(_ batch: Int, _ m: Int, _ n: Int, _ k: Int, _ ta: Bool, _ tb: Bool)
    -> MatmulStep
  {
    MatmulStep(
      batch: batch, m: m, n: n, k: k, transposeA: ta, transposeB: tb,
      epilogue: .plainStore([batch * m, n]))
  }

  @Test(
    arguments: [
      [1, 1, 1, 1], [1, 3, 5, 7], [2, 13, 17, 9], [1, 12, 32, 256], [1, 13, 33, 257],
      [3, 1, 10, 64], [1, 64, 1, 300], [1, 200, 130, 70], [1, 7, 300, 513], [0, 3, 4, 5],
      [2, 3, 4, 0], [2, 0, 4, 3], [2, 3, 0, 4], [24, 20, 16, 8],
    ], [0, 1, 2, 3])
  func everyOrientation(_ sizes: [Int], _ form: Int) throws {
    let (batch, m, n, k) = (sizes[0], sizes[1], sizes[2], sizes[3])
    let (ta, tb) = (form & 1 == 1, form & 2 == 2)
    let a = numbers(batch * m * k, seed: 1)
    let b = numbers(batch * k * n, seed: 2)
    try StepCase(
      .matmul(step(batch, m, n, k, ta, tb)), [.reals(a), .reals(b)], counts: [batch * m * n]
    ).check(
      [reference(a, b, batch, m, n, k, ta, tb)], single: 2e-6 * (1 + Double(k).squareRoot() / 4),
      "\(sizes) \(form)")
  }

  @Test func deepProductsAreSplit() throws {
    let (m, n, k) = (20, 150, 5000)
    let (a, b) = (numbers(m * k, seed: 1), numbers(k * n, seed: 2))
    try StepCase(.matmul(step(1, m, n, k, true, false)), [.reals(a), .reals(b)], counts: [m * n])
      .check([reference(a, b, 1, m, n, k, true, false)], single: 4e-5)
    try StepCase(
      .matmul(step(2, 10, 30, k, true, false)),
      [.reals(numbers(20 * k, seed: 3)), .reals(numbers(60 * k, seed: 4))], counts: [600]
    ).check(
      [
        reference(
          numbers(20 * k, seed: 3), numbers(60 * k, seed: 4), 2, 10, 30, k, true, false)
      ], single: 4e-5)
  }

  @Test(arguments: [[2, 9, 10, 11], [1, 250, 70, 40], [1, 20, 33, 6000]])
  func epilogues(_ sizes: [Int]) throws {
    // relu(product + bias of the column) · residual, and the product itself.
    let (batch, m, n, k) = (sizes[0], sizes[1], sizes[2], sizes[3])
    let shape: Shape = [batch * m, n]
    var epilogue = PointwiseProgram(shape: shape)
    let dense = PointwiseProgram.Access(strides: shape.strides)
    epilogue.operands = [
      .init(access: .init(offset: 1, strides: SIMD8(0, 1, 0, 0, 0, 0, 0, 0)), dtype: .float32),
      .init(access: dense, dtype: .float32),
    ]
    epilogue.instructions = [
      .accumulator, .load(0), .binary(.add, 0, 1), .unary(.relu, 2), .load(1),
      .binary(.multiply, 3, 4),
    ]
    epilogue.results = [5, 0].map { .init(register: $0, access: dense, dtype: .float32) }
    var matmul = step(batch, m, n, k, false, true)
    matmul.epilogue = epilogue
    let (a, b) = (numbers(batch * m * k, seed: 1), numbers(batch * k * n, seed: 2))
    let (bias, residual) = (numbers(n + 1, seed: 3), numbers(batch * m * n, seed: 4))
    let product = reference(a, b, batch, m, n, k, false, true)
    let expected = product.enumerated().map { index, value in
      Swift.max(0, value + bias[1 + index % n]) * residual[index]
    }
    try StepCase(
      .matmul(matmul), [.reals(a), .reals(b), .reals(bias), .reals(residual)],
      counts: [batch * m * n, batch * m * n]
    ).check([expected, product], single: 4e-5)
  }

  @Test func notANumberReachesOnlyItsRow() throws {
    var a = numbers(6, seed: 1)
    a[4] = .nan
    let b = numbers(8, seed: 2)
    try StepCase(
      .matmul(step(1, 3, 4, 2, false, false)), [.reals(a), .reals(b)], counts: [12]
    ).check([reference(a, b, 1, 3, 4, 2, false, false)])
  }
}
