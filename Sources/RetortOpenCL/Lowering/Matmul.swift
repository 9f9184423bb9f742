import RetortCore

extension Lowering {
  /// Appends the launches of a batched matrix product in the device's form.
  mutating func matmul(_ step: Step, _ matmul: MatmulStep) {
    guard matmul.batch * matmul.m * matmul.n > 0 else { return }
    switch form {
    case .vector: matmulVector(step, matmul)
    case .tiled: matmulTiled(step, matmul)
    }
  }
}

/// Integer arithmetic of tilings.
extension Int {
  /// The least number of pieces of `size` that cover this many.
  func pieces(of size: Int) -> Int { (self + size - 1) / size }
  /// This rounded up to a multiple of `size`.
  func rounded(upTo size: Int) -> Int { pieces(of: size) * size }
}
