import RetortCore

extension Tensor {
  /// Features by place, `[batch, places, channels]`: the pixels of maps, the positions of sequences, one place of
  /// vectors.
  func places() -> Tensor {
    switch shape.rank {
    case 2: reshape([shape[0], 1, shape[1]])
    case 4: reshape([shape[0], shape[1] * shape[2], shape[3]])
    default: self
    }
  }

  /// Features by channel, `[batch, channels]`: means over places.
  func pooled() -> Tensor { shape.rank == 2 ? self : places().mean(axes: [1]) }

  /// The mean squared error of rows, each over its Euclidean length, against a teacher's; see `Tensor.unit`.
  func directionError(_ teacher: Tensor) -> Tensor {
    directionRows(teacher: teacher).mean() * (1 / Double(max(1, shape[-1])))
  }

  /// The square root of elements, of at least `floor`, below which there is no gradient.
  func safeRoot(floor: Double = 1e-24) -> Tensor { maximum(graph.fill(floor)).sqrt() }

  /// The matrix `[count, count]` that is 1 off the diagonal and 0 on it.
  static func others(_ count: Int, in graph: Graph) -> Tensor {
    let mask: [Float] = (0..<count * count).map { $0 / count == $0 % count ? 0 : 1 }
    return graph.constant(mask, [count, count])
  }
}
