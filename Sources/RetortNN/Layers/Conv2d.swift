import RetortCore

/// A two-dimensional convolution over NHWC images.
///
/// `weight` is `[outputs, kernel, kernel, inputs/groups]`, in PyTorch's files `[outputs, inputs/groups,
/// kernel, kernel]`; `bias` is `[outputs]`.
public final class Conv2d: Module {
  /// The kernel, `[outputs, kernel, kernel, inputs/groups]`.
  public let weight: Parameter
  /// The bias, `[outputs]`, or nil.
  public let bias: Parameter?
  /// Stride, padding, dilation and groups.
  public let geometry: Convolution

  /// A convolution from `inputs` to `outputs` channels with a square kernel.
  ///
  /// - Parameters:
  ///   - inputs: The number of input channels.
  ///   - outputs: The number of output channels.
  ///   - kernel: The height and width of the kernel.
  ///   - stride: The stride in rows and columns.
  ///   - padding: The zero padding on each side.
  ///   - dilation: The distance in rows and columns between taps of the kernel.
  ///   - groups: The number of groups, a divisor of both channel counts; `inputs` for a depthwise
  ///     convolution.
  ///   - bias: Whether to add a bias per channel.
  ///   - initialiser: The initialiser of the weight; nil for PyTorch's default.
  ///   - biasInitialiser: The initialiser of the bias; nil for PyTorch's default.
  public convenience init(
    _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0,
    dilation: Int = 1, groups: Int = 1, bias: Bool = true, initialiser: Initialiser? = nil,
    biasInitialiser: Initialiser? = nil
  ) {
    self.init(
      inputs, outputs, kernelHeight: kernel, kernelWidth: kernel,
      geometry: Convolution(stride: stride, padding: padding, dilation: dilation, groups: groups),
      bias: bias, initialiser: initialiser, biasInitialiser: biasInitialiser)
  }

  /// A convolution of any geometry.
  public init(
    _ inputs: Int, _ outputs: Int, kernelHeight: Int, kernelWidth: Int, geometry: Convolution,
    bias hasBias: Bool = true, initialiser: Initialiser? = nil,
    biasInitialiser: Initialiser? = nil
  ) {
    let inner = inputs / max(1, geometry.groups)
    let standard = Initialiser.framework(fanIn: inner * kernelHeight * kernelWidth)
    weight = Parameter(
      [outputs, kernelHeight, kernelWidth, inner], initialiser ?? standard, layout: .channelsLast)
    bias = hasBias ? Parameter([outputs], biasInitialiser ?? standard) : nil
    self.geometry = geometry
  }

  public override func forward(_ x: Tensor) -> Tensor {
    let sum = x.convolution(weight.tensor, geometry)
    guard let bias else { return sum }
    return sum + bias.tensor
  }
}
