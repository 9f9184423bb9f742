import RetortNN

extension Conv2d {
  /// A convolution without bias that keeps the image's size but for its stride, drawn to keep the
  /// variance of gradients through ReLU.
  static func withoutBias(
    _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, groups: Int = 1
  ) -> Conv2d {
    Conv2d(
      inputs, outputs, kernel: kernel, stride: stride, padding: kernel / 2, groups: groups,
      bias: false, initialiser: .kaimingNormal(fan: outputs / groups * kernel * kernel))
  }
}
