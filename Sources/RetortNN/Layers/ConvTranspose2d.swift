import RetortCore

/// A transposed two-dimensional convolution over NHWC images: the gradient of a convolution with respect to
/// its input, used for upsampling.
///
/// `weight` is `[inputs, kernel, kernel, outputs/groups]`, in PyTorch's files `[inputs, outputs/groups,
/// kernel, kernel]`; `bias` is `[outputs]`.
public final class ConvTranspose2d: Module {
  /// The kernel, `[inputs, kernel, kernel, outputs/groups]`.
  public let weight: Parameter
  /// The bias, `[outputs]`, or nil.
  public let bias: Parameter?
  /// Stride, padding, dilation and groups of the convolution that this layer transposes.
  public let geometry: Convolution
  /// Rows and columns added at the bottom and right, less than the stride.
  public let outputPadding: Int

  /// A transposed convolution from `inputs` to `outputs` channels with a square kernel.
  public init(
    _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0,
    outputPadding: Int = 0, dilation: Int = 1, groups: Int = 1, bias hasBias: Bool = true,
    initialiser: Initialiser? = nil
  ) {
    let inner = outputs / max(1, groups)
    let standard = Initialiser.framework(fanIn: inner * kernel * kernel)
    weight = Parameter(
      [inputs, kernel, kernel, inner], initialiser ?? standard, layout: .channelsLast)
    bias = hasBias ? Parameter([outputs], standard) : nil
    geometry = Convolution(stride: stride, padding: padding, dilation: dilation, groups: groups)
    self.outputPadding = outputPadding
  }

  public override func forward(_ x: Tensor) -> Tensor {
    let sum = x.transposedConvolution(weight.tensor, geometry, outputPadding: outputPadding)
    guard let bias else { return sum }
    return sum + bias.tensor
  }
}
