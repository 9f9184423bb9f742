import RetortCore

/// A product of matrices: batch, m, n, k and which operands are transposed.
package struct ProductCase: CustomStringConvertible, Sendable {
  package var batch: Int, m: Int, n: Int, k: Int
  package var a: Bool, b: Bool
  package var description: String {
    "\(batch)·[\(m), \(n)] over \(k)\(a ? " aᵀ" : "")\(b ? " bᵀ" : "")"
  }

  package init(batch: Int = 1, m: Int, n: Int, k: Int, a: Bool = false, b: Bool = false) {
    (self.batch, self.m, self.n, self.k) = (batch, m, n, k)
    (self.a, self.b) = (a, b)
  }

  /// Cases of every transposition, sizes that leave tiles partly empty, and long sums.
  package static let all =
    [(1, 1, 1, 1), (1, 1, 1, 3000), (2, 37, 29, 23), (1, 132, 140, 64), (3, 5, 66, 17)].flatMap {
      (batch: Int, m: Int, n: Int, k: Int) in
      (0..<4).map {
        ProductCase(batch: batch, m: m, n: n, k: k, a: $0 & 1 != 0, b: $0 & 2 != 0)
      }
    } + [
      ProductCase(m: 12, n: 20, k: 6000),
      ProductCase(batch: 2, m: 3, n: 7, k: 4096, a: true, b: true),
      // The right operand has rows of length k: used in place, and packed.
      ProductCase(batch: 2, m: 40, n: 70, k: 3000, a: true),
      ProductCase(m: 530, n: 20, k: 70, a: true),
    ]
}
