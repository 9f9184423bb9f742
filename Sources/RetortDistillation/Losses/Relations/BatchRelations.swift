import RetortCore

/// How the rows of a matrix lie to each other.
struct BatchRelations {
  /// Scalar products, `[rows, rows]`.
  let products: Tensor
  /// Squared lengths, `[rows, 1]`.
  private let lengths: Tensor
  /// Squared distances, `[rows, rows]`, at least 10⁻¹².
  private let squares: Tensor
  /// 1 off the diagonal and 0 on it, `[rows, rows]`.
  private let others: Tensor
  private let count: Int

  /// Relations among features, `[rows, …]`.
  init(_ features: Tensor) {
    let x = features.flatten()
    count = x.shape[0]
    products = x.matmul(x, transposeB: true)
    lengths = x.square().sum(axes: [1], keepingAxes: true)
    squares = (lengths + lengths.transposed() - products * 2).maximum(x.graph.fill(1e-12))
    others = Tensor.others(count, in: x.graph)
  }

  /// Squared distances, `[rows, rows]`; 0 on the diagonal.
  var squaredDistances: Tensor { squares * others }

  /// Distances, `[rows, rows]`; 0 on the diagonal.
  var distances: Tensor { squares.sqrt() * others }

  /// Distances over their mean, `[rows, rows]`; 0 on the diagonal.
  var relativeDistances: Tensor {
    let distances = distances
    let mean = distances.sum() * (1 / Double(count * max(1, count - 1)))
    return distances / mean.maximum(products.graph.fill(1e-12))
  }

  /// The cosine of the angle at row `j` between rows `i` and `k`, `[j, i, k]`; 0 where two are one.
  ///
  /// Of scalar products alone: ⟨x_i − x_j, x_k − x_j⟩ = p_ik − p_ij − p_jk + p_jj.
  var angles: Tensor {
    let inverse = squares.rsqrt() * others
    let between = products.reshape([1, count, count])
    let (first, second) = (
      products.reshape([count, count, 1]), products.reshape([count, 1, count])
    )
    return (between - first - second + lengths.reshape([count, 1, 1]))
      * (inverse.reshape([count, count, 1]) * inverse.reshape([count, 1, count]))
  }
}
