extension Tensor {
  /// The matrix product over the last two axes: `[…, M, K] × […, K, N] → […, M, N]`.
  ///
  /// Either operand may be read transposed. Leading axes must be equal, or absent from `other`,
  /// which is then shared by every matrix of the batch.
  public func matmul(_ other: Tensor, transposeA: Bool = false, transposeB: Bool = false) -> Tensor
  {
    let (a, b) = (shape, other.shape)
    func mismatch() -> Tensor {
      graph.fail(.shapeMismatch(operation: "matmul", lhs: a, rhs: b, path: graph.scope))
    }
    guard a.rank >= 2, b.rank >= 2 else { return mismatch() }
    if a.rank > 2, b.rank == 2, !transposeA {
      let rows = a.count / max(1, a[-1])
      let flat = reshape([rows, a[-1]]).matmul(other, transposeB: transposeB)
      return flat.reshape(Array(a.dimensions.dropLast()) + [flat.shape[-1]])
    }
    let (m, k) = transposeA ? (a[-1], a[-2]) : (a[-2], a[-1])
    let (k2, n) = transposeB ? (b[-1], b[-2]) : (b[-2], b[-1])
    let batch = Array(a.dimensions.dropLast(2))
    guard k == k2, batch == Array(b.dimensions.dropLast(2)) else { return mismatch() }
    return apply(
      .matmul(transposeA: transposeA, transposeB: transposeB), [other], Shape(batch + [m, n]))
  }

  /// Cross-correlation of NHWC images with weights `[out, kh, kw, in/groups]`.
  ///
  /// - Returns: `[batch, outHeight, outWidth, out]`.
  public func convolution(_ weight: Tensor, _ geometry: Convolution = Convolution()) -> Tensor {
    guard let output = geometry.outputShape(input: shape, weight: weight.shape) else {
      return graph.fail(
        .shapeMismatch(operation: "convolution", lhs: shape, rhs: weight.shape, path: graph.scope))
    }
    return apply(.convolution(geometry), [weight], output)
  }

  /// The gradient of a convolution with respect to its input; this tensor is the gradient of its output.
  ///
  /// With the wanted output's size as `inputHeight` and `inputWidth`, it is the transposed convolution.
  package func convolutionInputGradient(
    _ weight: Tensor, _ geometry: Convolution, inputHeight: Int, inputWidth: Int
  ) -> Tensor {
    let channels = weight.shape.rank == 4 ? weight.shape[3] * geometry.groups : 0
    let input = Shape([shape[0], inputHeight, inputWidth, channels])
    guard geometry.outputShape(input: input, weight: weight.shape) == shape else {
      return graph.fail(
        .shapeMismatch(
          operation: "transposed convolution", lhs: shape, rhs: weight.shape, path: graph.scope))
    }
    return apply(.convolutionInputGradient(geometry), [weight], input)
  }

  /// The gradient of a convolution with respect to its weight; this tensor is the convolution's input.
  package func convolutionWeightGradient(
    _ gradient: Tensor, _ geometry: Convolution, kernelHeight: Int, kernelWidth: Int
  ) -> Tensor {
    let weight = Shape([
      gradient.shape[3], kernelHeight, kernelWidth, shape[3] / max(1, geometry.groups),
    ])
    guard geometry.outputShape(input: shape, weight: weight) == gradient.shape else {
      return graph.fail(
        .shapeMismatch(
          operation: "convolution weight gradient", lhs: shape, rhs: gradient.shape,
          path: graph.scope))
    }
    return apply(.convolutionWeightGradient(geometry), [gradient], weight)
  }

  /// The transposed convolution of NHWC images with weights `[in, kh, kw, out/groups]`.
  ///
  /// - Returns: `[batch, (height-1)·stride - padding + dilation·(kernel-1) + 1 + outputPadding, …]`.
  public func transposedConvolution(
    _ weight: Tensor, _ geometry: Convolution, outputPadding: Int = 0
  ) -> Tensor {
    guard shape.rank == 4, weight.shape.rank == 4, geometry.isWithinBounds,
      (0...1 << 30).contains(outputPadding)
    else {
      return graph.fail(
        .shapeMismatch(
          operation: "transposed convolution", lhs: shape, rhs: weight.shape, path: graph.scope))
    }
    let g = geometry
    let height =
      (shape[1] - 1) * g.strideY - g.padTop - g.padBottom
      + g.dilationY * (weight.shape[1] - 1) + 1 + outputPadding
    let width =
      (shape[2] - 1) * g.strideX - g.padLeft - g.padRight
      + g.dilationX * (weight.shape[2] - 1) + 1 + outputPadding
    return convolutionInputGradient(weight, g, inputHeight: height, inputWidth: width)
  }
}

extension Convolution {
  /// Whether all strides, dilations, groups (≥ 1) and paddings (≥ 0) are in range, at most 2³⁰.
  package var isWithinBounds: Bool {
    [strideY, strideX, dilationY, dilationX, groups].allSatisfy { (1...1 << 30).contains($0) }
      && [padTop, padLeft, padBottom, padRight].allSatisfy { (0...1 << 30).contains($0) }
  }

  /// The output shape of a convolution; nil where input and weight do not fit.
  package func outputShape(input: Shape, weight: Shape) -> Shape? {
    guard isWithinBounds, input.rank == 4, weight.rank == 4, input[3] == weight[3] * groups,
      weight[0] % groups == 0, weight[1] >= 1, weight[2] >= 1
    else { return nil }
    let height = input[1] + padTop + padBottom - dilationY * (weight[1] - 1) - 1
    let width = input[2] + padLeft + padRight - dilationX * (weight[2] - 1) - 1
    guard height >= 0, width >= 0 else { return nil }
    return Shape([input[0], height / strideY + 1, width / strideX + 1, weight[0]])
  }
}
