extension Tensor {
  /// `eˣ / Σ eˣ` along the last axis, shifted by the maximum.
  public func softmax() -> Tensor { apply(.softmax, shape) }

  /// `x - log Σ eˣ` along the last axis, shifted by the maximum.
  public func logSoftmax() -> Tensor { apply(.logSoftmax, shape) }

  /// Softmax cross-entropy of each row of logits `[…, classes]` with int32 labels `[…]`, in nats.
  ///
  /// A row whose label is outside `0..<classes` contributes 0. No mean is taken.
  ///
  /// - Parameters:
  ///   - labels: Classes, int32, of the rows' shape without the last axis.
  ///   - labelSmoothing: ε in [0, 1): the target is `(1-ε)·onehot + ε/classes`.
  public func crossEntropyRows(_ labels: Tensor, labelSmoothing: Double = 0) -> Tensor {
    guard shape.rank >= 1, labels.dtype == .int32,
      labels.shape.dimensions == Array(shape.dimensions.dropLast())
    else {
      return graph.fail(
        .shapeMismatch(
          operation: "cross-entropy", lhs: shape, rhs: labels.shape, path: graph.scope))
    }
    return apply(.crossEntropy(smoothing: Float(labelSmoothing)), [labels], labels.shape)
  }

  /// The divergence of each row between these student logits and `teacher`'s, in nats.
  ///
  /// Both are divided by `temperature`; no factor of its square is applied, and no mean taken.
  /// Gradients flow to both sides; stop the teacher's where it is a constant.
  public func divergenceRows(
    _ divergence: Divergence, teacher: Tensor, temperature: Double = 1
  ) -> Tensor {
    guard shape.rank >= 1, shape == teacher.shape else {
      return graph.fail(
        .shapeMismatch(
          operation: "divergence", lhs: shape, rhs: teacher.shape, path: graph.scope))
    }
    return apply(
      .divergence(.logits(divergence, temperature: Float(temperature))), [teacher],
      Shape(Array(shape.dimensions.dropLast())))
  }

  /// The squared distance of each row's direction from that of `teacher`'s row, `‖t/‖t‖₂ − s/‖s‖₂‖₂²`, from 0 to 4.
  ///
  /// Directions are those of `unit()`. No mean is taken. Gradients flow to both sides; stop the teacher's where it is
  /// a constant.
  package func directionRows(teacher: Tensor) -> Tensor { distance(.direction, teacher) }

  /// One less the cosine of each row and `teacher`'s row, `1 − ⟨s, t⟩ / (‖s‖₂·‖t‖₂)`, from 0 to 2; 1 for a row of zeros.
  ///
  /// Lengths count as `floor` at least, and below that as constants. No mean is taken. Gradients flow to both sides; stop
  /// the teacher's where it is a constant.
  package func cosineRows(teacher: Tensor, floor: Double = 1e-12) -> Tensor {
    distance(.cosine(floor: Float(floor)), teacher)
  }

  private func distance(_ distance: RowDistance, _ teacher: Tensor) -> Tensor {
    guard shape.rank >= 1, shape == teacher.shape else {
      return graph.fail(
        .shapeMismatch(
          operation: "distance of directions", lhs: shape, rhs: teacher.shape, path: graph.scope))
    }
    return apply(.divergence(distance), [teacher], Shape(Array(shape.dimensions.dropLast())))
  }

  /// Vectors along `axis`, each over its Euclidean length, which counts as `floor` at least.
  ///
  /// Vectors of zeros stay so, and receive no gradient.
  package func unit(axis: Int = -1, floor: Double = 1e-12) -> Tensor {
    let squares = square().sum(axes: [axis], keepingAxes: true)
    let isAlive = squares.greater(graph.fill(0))
    let inverse = squares.maximum(graph.fill(floor * floor)).rsqrt()
    return isAlive.select(self * inverse, graph.fill(0, shape))
  }

  /// The latent code moved along `gradient`, per row of `[batch, …]`.
  ///
  /// - Parameters:
  ///   - gradient: Of the same shape.
  ///   - size: The step's size, a scalar or one number per row.
  ///
  /// No gradient flows through it.
  package func latentStep(_ rule: LatentStepRule, gradient: Tensor, size: Tensor) -> Tensor {
    guard shape == gradient.shape, shape.rank >= 1,
      size.shape.count == 1 || size.shape.count == shape[0]
    else {
      return graph.fail(
        .shapeMismatch(
          operation: "latent step", lhs: shape, rhs: gradient.shape, path: graph.scope))
    }
    return apply(.latentStep(rule), [gradient, size], shape)
  }
}
