import RetortCore

extension Tensor {
  /// The first right singular vectors of matrices `[batch, rows, columns]` that are over their Frobenius norms, as
  /// columns `[batch, columns, count]`, and their singular values, `[batch, count]`.
  ///
  /// Each is the eigenvector of the smaller Gram matrix that its 256th power leaves, and is then taken out of that
  /// matrix. Signs are arbitrary. Gradients flow, and are those of singular values that are no closer than 3 %; closer
  /// ones give vectors between both, with gradients of their own. Vectors of values below a thousandth are zeros, and
  /// receive no gradient.
  ///
  /// - Parameter count: At most the smaller of rows and columns.
  func singularVectors(_ count: Int) -> (vectors: Tensor, values: Tensor) {
    let matrix = flatten().unit().reshape(to: shape)
    let isTall = shape[1] >= shape[2]
    var gram = matrix.matmul(matrix, transposeA: isTall, transposeB: !isTall)
    var parts: [(vector: Tensor, value: Tensor)] = []
    for _ in 0..<count {
      let found = gram.leadingEigenvector()
      let value = found.matmul(gram.matmul(found), transposeA: true)
      let isClear = value.greater(graph.fill(1e-6))
      let vector = isClear.select(found, graph.fill(0, found.shape))
      parts.append((vector, value))
      gram = gram - vector.matmul(vector, transposeB: true) * value
    }
    let vectors = Tensor.concatenate(parts.map(\.vector), axis: 2)
    let values = Tensor.concatenate(parts.map(\.value), axis: 2).reshape([shape[0], count])
    return (
      isTall ? vectors : matrix.matmul(vectors, transposeA: true).unit(axis: 1), values.safeRoot()
    )
  }

  /// The eigenvector of symmetric matrices `[batch, n, n]` whose eigenvalue is the largest of all, none of which is
  /// negative, `[batch, n, 1]`; zeros for a matrix of zeros.
  private func leadingEigenvector() -> Tensor {
    let size = shape[-1]
    func overLength(_ matrix: Tensor) -> Tensor { matrix.flatten().unit().reshape(to: shape) }
    let power = (0..<4).reduce(overLength(self)) { power, _ in
      let squared = power.matmul(power)
      return overLength(squared.matmul(squared))
    }
    let start = graph.constant(Philox4x32(seed: 0, stream: 0).normals(size), [size, 1])
    // From where it ends the gradient is that of the matrix alone.
    return power.matmul(power.matmul(start).unit(axis: 1).stopGradient()).unit(axis: 1)
  }
}
