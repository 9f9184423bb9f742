import RetortCore

/// A fully connected layer: `x·Wᵀ + b` over the last axis.
///
/// `weight` is `[outputs, inputs]`, `bias` `[outputs]`; both start uniform within `±1/√inputs`.
public final class Linear: Module {
  /// The weight, `[outputs, inputs]`.
  public let weight: Parameter
  /// The bias, `[outputs]`, or nil.
  public let bias: Parameter?

  /// A layer from `inputs` to `outputs` features.
  ///
  /// - Parameters:
  ///   - inputs: The number of input features.
  ///   - outputs: The number of output features.
  ///   - hasBias: Whether to add a bias per feature.
  ///   - flattening: The size of the image whose flattened elements are the inputs; the weights in files are
  ///     then in (channels, height, width) order, as in PyTorch.
  ///   - unflattening: The size of the image that the outputs are reshaped to; with the same order in files.
  ///   - initialiser: The initialiser of the weight; nil for PyTorch's default.
  ///   - biasInitialiser: The initialiser of the bias; nil for PyTorch's default.
  public init(
    _ inputs: Int, _ outputs: Int, bias hasBias: Bool = true, flattening: ImageSize? = nil,
    unflattening: ImageSize? = nil, initialiser: Initialiser? = nil,
    biasInitialiser: Initialiser? = nil
  ) {
    let layout: WeightLayout =
      if let flattening {
        .flattenedInputs(flattening)
      } else if let unflattening {
        .flattenedOutputs(unflattening)
      } else {
        .plain
      }
    weight = Parameter(
      [outputs, inputs], initialiser ?? .framework(fanIn: inputs), layout: layout)
    bias =
      hasBias
      ? Parameter(
        [outputs], biasInitialiser ?? .framework(fanIn: inputs),
        layout: unflattening.map { .flattenedOutputs($0) } ?? .plain)
      : nil
  }

  public override func forward(_ x: Tensor) -> Tensor {
    let product = x.matmul(weight.tensor, transposeB: true)
    guard let bias else { return product }
    return product + bias.tensor
  }
}
