import RetortCore

/// Scales each channel of NHWC images by a factor computed from the means of all channels.
///
/// `x · hardSigmoid(fc2(relu(fc1(mean(x)))))`; both layers are 1×1 convolutions with bias.
///
/// Source: [Hu, Shen, Sun 2018](https://arxiv.org/abs/1709.01507), section 3; the hard sigmoid is
/// that of [Howard et al. 2019](https://arxiv.org/abs/1905.02244), section 5.3.
public final class SqueezeExcitation: Module {
  /// The 1×1 convolution that squeezes the channels.
  public let fc1: Conv2d
  /// The 1×1 convolution that restores the channels.
  public let fc2: Conv2d

  /// A layer for `channels` channels that squeezes them to `squeezed`.
  public init(_ channels: Int, squeezed: Int) {
    func layer(_ inputs: Int, _ outputs: Int) -> Conv2d {
      Conv2d(
        inputs, outputs, kernel: 1, initialiser: .kaimingNormal(fan: outputs),
        biasInitialiser: .zeros)
    }
    fc1 = layer(channels, squeezed)
    fc2 = layer(squeezed, channels)
  }

  public override func forward(_ x: Tensor) -> Tensor {
    let mean = x.mean(axes: [1, 2], keepingAxes: true)  // [batch, 1, 1, channels]
    return x * fc2(fc1(mean).relu()).hardSigmoid()
  }
}
