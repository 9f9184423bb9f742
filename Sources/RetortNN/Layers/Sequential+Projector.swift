extension Sequential {
  /// SimKD's projector: a 1×1, a 3×3 and a 1×1 convolution, of half of `outputs` channels and then all, each with a
  /// batch norm and a ReLU.
  ///
  /// Source: [Chen et al. 2022](https://arxiv.org/abs/2203.14001), section 3.2, with the reduction factor 2.
  ///
  /// - Parameters:
  ///   - inputs: The channels of maps `[batch, height, width, inputs]`.
  ///   - outputs: The channels of the result, of the same size.
  package static func projector(_ inputs: Int, _ outputs: Int) -> Sequential {
    let width = max(1, outputs / 2)
    func block(_ inputs: Int, _ outputs: Int, _ kernel: Int) -> [Module] {
      [
        Conv2d(inputs, outputs, kernel: kernel, padding: kernel / 2, bias: false),
        BatchNorm(outputs), ReLU(),
      ]
    }
    return Sequential(block(inputs, width, 1) + block(width, width, 3) + block(width, outputs, 1))
  }
}
