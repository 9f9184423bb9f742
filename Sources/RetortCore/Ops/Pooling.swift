extension Tensor {
  /// The maximum of each window of NHWC images; the first maximum receives the gradient.
  public func maxPool(_ pooling: Pooling) -> Tensor {
    guard let output = pooling.outputShape(shape) else { return poolFault("max pooling", pooling) }
    return apply(.maxPool(pooling), output)
  }

  /// The mean of each window of NHWC images.
  public func averagePool(_ pooling: Pooling) -> Tensor {
    guard let output = pooling.outputShape(shape) else {
      return poolFault("average pooling", pooling)
    }
    return apply(.averagePool(pooling), output)
  }

  /// The mean over both image axes: `[batch, height, width, channels] → [batch, channels]`.
  public func globalAveragePool() -> Tensor { mean(axes: [1, 2]) }

  /// The means over a grid of `height × width` regions, each at most one element uneven.
  ///
  /// Region `i` of `n` spans `⌊i·H/n⌋ ..< ⌈(i+1)·H/n⌉`, as PyTorch's AdaptiveAvgPool2d.
  public func adaptiveAveragePool(height: Int, width: Int) -> Tensor {
    let side = 1...1 << 15
    guard shape.rank == 4, side.contains(height), side.contains(width) else {
      return graph.fail(
        .invalidArgument(
          operation: "adaptive pooling", reason: "\(shape) to \(height)×\(width)",
          path: graph.scope))
    }
    let (batch, channels) = (shape[0], shape[3])
    if shape[1] % height == 0, shape[2] % width == 0 {
      var window = Pooling(window: 1)
      (window.height, window.width) = (shape[1] / height, shape[2] / width)
      (window.strideY, window.strideX) = (window.height, window.width)
      return averagePool(window)
    }
    let vertical = regionMeans(shape[1], height)
    let horizontal = regionMeans(shape[2], width)
    let rows = transpose([0, 2, 3, 1]).reshape([-1, shape[1]])
      .matmul(vertical, transposeB: true)
      .reshape([batch, shape[2], channels, height])
    return rows.transpose([0, 3, 2, 1]).reshape([-1, shape[2]])
      .matmul(horizontal, transposeB: true)
      .reshape([batch, height, channels, width])
      .transpose([0, 1, 3, 2])
  }

  /// The matrix `[regions, length]` whose rows average one region each.
  private func regionMeans(_ length: Int, _ regions: Int) -> Tensor {
    var values = Array(repeating: Float(0), count: regions * length)
    for region in 0..<regions {
      let start = region * length / regions
      let end = ((region + 1) * length + regions - 1) / regions
      for index in start..<end { values[region * length + index] = 1 / Float(end - start) }
    }
    return graph.constant(values, [regions, length])
  }

  private func poolFault(_ operation: String, _ pooling: Pooling) -> Tensor {
    graph.fail(
      .invalidArgument(
        operation: operation,
        reason: "a \(pooling.height)×\(pooling.width) window does not fit \(shape)",
        path: graph.scope))
  }
}

extension Pooling {
  /// The output of pooling over a shape, or nil where the window does not fit.
  package func outputShape(_ input: Shape) -> Shape? {
    let bounds = 1...1 << 30
    guard input.rank == 4, [height, width, strideY, strideX].allSatisfy(bounds.contains),
      [padTop, padBottom].allSatisfy((0...height / 2).contains),
      [padLeft, padRight].allSatisfy((0...width / 2).contains)
    else { return nil }
    let y = input[1] + padTop + padBottom - height
    let x = input[2] + padLeft + padRight - width
    guard y >= 0, x >= 0 else { return nil }
    return Shape([input[0], y / strideY + 1, x / strideX + 1, input[3]])
  }
}
