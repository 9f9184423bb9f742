import RetortCore

/// A fully connected layer: `x·Wᵀ + b` over the last axis.
///
/// `weight` is `[outputs, inputs]`, `bias` `[outputs]`; both start uniform within `±1/√inputs`.
public final class Linear: Module {
  /// `[outputs, inputs]`.
  public let weight: Parameter
  /// `[outputs]`, or nil.
  public let bias: Parameter?

  /// A layer from `inputs` to `outputs` features.
  ///
  /// - Parameters:
  ///   - inputs: Features that come in.
  ///   - outputs: Features that go out.
  ///   - hasBias: Whether a number is added to each feature.
  ///   - flattening: The image whose flattened elements are the inputs; files then hold the
  ///     weights for (channels, height, width) order, as PyTorch would.
  ///   - unflattening: The image that the outputs become; as above.
  ///   - initialiser: Of the weight; PyTorch's default where nil.
  ///   - biasInitialiser: How the bias is drawn.
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
