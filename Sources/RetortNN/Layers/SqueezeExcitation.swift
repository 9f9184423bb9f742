import RetortCore

/// Scales each channel of NHWC images by a factor computed from the means of all channels.
///
/// `x · gate(fc2(activation(fc1(mean(x)))))`; both layers are 1×1 convolutions with bias.
///
/// Source: [Hu, Shen, Sun 2018](https://arxiv.org/abs/1709.01507), section 3; the hard sigmoid as gate is
/// that of [Howard et al. 2019](https://arxiv.org/abs/1905.02244), section 5.3.
public final class SqueezeExcitation: Module {
  /// The 1×1 convolution that squeezes the channels.
  public let fc1: Conv2d
  /// The 1×1 convolution that restores the channels.
  public let fc2: Conv2d
  /// Follows the squeezed channels.
  public let activation: Module
  /// Makes factors of the restored channels.
  public let gate: Module

  /// A layer for `channels` channels that squeezes them to `squeezed`; MobileNetV3's unless told otherwise.
  public init(
    _ channels: Int, squeezed: Int, activation: Module = ReLU(), gate: Module = HardSigmoid()
  ) {
    func layer(_ inputs: Int, _ outputs: Int) -> Conv2d {
      Conv2d(
        inputs, outputs, kernel: 1, initialiser: .kaimingNormal(fan: outputs),
        biasInitialiser: .zeros)
    }
    fc1 = layer(channels, squeezed)
    fc2 = layer(squeezed, channels)
    (self.activation, self.gate) = (activation, gate)
  }

  /// torchvision's.
  public override var renamed: [String: String] { ["gate": "scale_activation"] }

  public override func forward(_ x: Tensor) -> Tensor {
    let mean = x.mean(axes: [1, 2], keepingAxes: true)  // [batch, 1, 1, channels]
    return x * gate(fc2(activation(fc1(mean))))
  }
}
