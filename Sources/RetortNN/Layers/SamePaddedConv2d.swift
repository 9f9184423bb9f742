import RetortCore

/// A two-dimensional convolution over NHWC images whose outputs are as many as its strides over the input:
/// TensorFlow's padding `SAME`.
///
/// Of an odd number of rows or columns of padding, the one more lies at the bottom or right. `weight` is
/// `[outputs, kernel, kernel, inputs/groups]`, in PyTorch's files `[outputs, inputs/groups, kernel, kernel]`;
/// there is no bias.
///
/// Source: [TensorFlow's notes on padding](https://www.tensorflow.org/api_docs/python/tf/nn#notes_on_padding_2).
public final class SamePaddedConv2d: Module {
  /// The kernel, `[outputs, kernel, kernel, inputs/groups]`.
  public let weight: Parameter
  /// The stride in rows and columns.
  public let stride: Int
  /// The number of groups, a divisor of both channel counts.
  public let groups: Int

  /// A convolution from `inputs` to `outputs` channels with a square kernel.
  ///
  /// - Parameters:
  ///   - inputs: The number of input channels.
  ///   - outputs: The number of output channels.
  ///   - kernel: The height and width of the kernel.
  ///   - stride: The stride in rows and columns.
  ///   - groups: The number of groups; `inputs` for a depthwise convolution.
  ///   - initialiser: The initialiser of the weight; nil for PyTorch's default.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, groups: Int = 1,
    initialiser: Initialiser? = nil
  ) {
    let inner = inputs / max(1, groups)
    weight = Parameter(
      [outputs, kernel, kernel, inner],
      initialiser ?? .framework(fanIn: inner * kernel * kernel), layout: .channelsLast)
    (self.stride, self.groups) = (stride, groups)
  }

  public override func forward(_ x: Tensor) -> Tensor {
    var geometry = Convolution(stride: stride, groups: groups)
    if x.shape.rank == 4 {
      (geometry.padTop, geometry.padBottom) = padding(over: x.shape[1])
      (geometry.padLeft, geometry.padRight) = padding(over: x.shape[2])
    }
    return x.convolution(weight.tensor, geometry)
  }

  /// The padding before and after an axis of the given extent.
  private func padding(over extent: Int) -> (Int, Int) {
    let outputs = (extent + stride - 1) / stride
    let total = max(0, (outputs - 1) * stride + weight.shape[1] - extent)
    return (total / 2, total - total / 2)
  }
}
