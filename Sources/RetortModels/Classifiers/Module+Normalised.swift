import RetortNN

extension Module {
  /// A convolution without bias that keeps the image's size but for its stride, batch norm, and an
  /// activation: torchvision's `Conv2dNormActivation`.
  static func normalised(
    _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, groups: Int = 1,
    epsilon: Double = 1e-5, momentum: Float = 0.1, activation: Module?
  ) -> Module {
    let convolution = Conv2d.withoutBias(
      inputs, outputs, kernel: kernel, stride: stride, groups: groups)
    let norm = BatchNorm(outputs, epsilon: epsilon, momentum: momentum)
    return Sequential([convolution, norm] + (activation.map { [$0] } ?? []))
  }
}
