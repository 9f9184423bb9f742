import RetortCore

/// A two-dimensional convolution over NHWC images.
///
/// `weight` is `[outputs, kernel, kernel, inputs/groups]`, in files
/// `[outputs, inputs/groups, kernel, kernel]`; `bias` is `[outputs]`.
public final class Conv2d: Module {
  /// `[outputs, kernel, kernel, inputs/groups]`.
  public let weight: Parameter
  /// `[outputs]`, or nil.
  public let bias: Parameter?
  /// Stride, padding, dilation and groups.
  public let geometry: Convolution

  /// A convolution from `inputs` to `outputs` channels with a square kernel.
  ///
  /// - Parameters:
  ///   - inputs: Channels that come in.
  ///   - outputs: Channels that go out.
  ///   - kernel: Rows and columns of the kernel.
  ///   - stride: Rows and columns between neighbouring results.
  ///   - padding: Zeros on each side.
  ///   - dilation: Rows and columns between neighbouring taps of the kernel.
  ///   - groups: Divides both channel counts; equal to `inputs` for a depthwise convolution.
  ///   - bias: Whether a number is added to each channel.
  ///   - initialiser: Of the weight; PyTorch's default where nil, as for the bias.
  ///   - biasInitialiser: How the bias is drawn.
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
