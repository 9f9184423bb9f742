import RetortCore

/// A fully connected layer: `x·Wᵀ + b` over the last axis, or cosines in place of products.
///
/// `weight` is `[outputs, inputs]`, `bias` `[outputs]`; both start uniform within `±1/√inputs`. A layer that classifies
/// may become another model's: see `becomeReused(reading:)`.
public final class Linear: Module {
  /// The weight, `[outputs, inputs]`.
  public private(set) var weight: Parameter
  /// The bias, `[outputs]`, or nil.
  public private(set) var bias: Parameter?
  /// What multiplies cosines; nil for a layer of products.
  private var cosineScale: Double?
  /// What the map becomes whose means are read; nil where the layer reads what it is given.
  private var projector: Sequential?

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

  /// Gives `scale · cos(x, w)` for each row w of the weight from now on, without a bias.
  ///
  /// Source: [Wang et al. 2018](https://arxiv.org/abs/1801.09414), section 3.1, without a margin.
  ///
  /// - Parameter scale: What multiplies the cosines, > 0.
  package func becomeCosine(scale: Double) {
    bias = nil
    cosineScale = scale
  }

  /// Becomes another model's classifier from now on: weight and bias are fixed, and what is read are the means of that
  /// map, behind a projector, over which the mean was taken that the layer is given.
  ///
  /// Source: [Chen et al. 2022](https://arxiv.org/abs/2203.14001), section 3.2 (SimKD).
  ///
  /// - Parameter channels: What the other model's classifier reads, ≥ 1.
  package func becomeReused(reading channels: Int) {
    projector = .projector(weight.shape[1], channels)
    weight = Parameter([weight.shape[0], channels], .framework(fanIn: channels), role: .fixed)
    bias = bias.map { Parameter($0.shape, .framework(fanIn: channels), role: .fixed) }
  }

  public override func forward(_ x: Tensor) -> Tensor {
    if let cosineScale {
      return x.unitRows().matmul(weight.tensor.unitRows(), transposeB: true) * cosineScale
    }
    guard let projector else { return affine(x) }
    guard let map = x.averagedMap else {
      return x.graph.fail(
        .invalidArgument(
          operation: "projector", reason: "the classifier reads no means over a map",
          path: x.graph.scope))
    }
    return affine(projector(map).globalAveragePool())
  }

  private func affine(_ x: Tensor) -> Tensor {
    let product = x.matmul(weight.tensor, transposeB: true)
    guard let bias else { return product }
    return product + bias.tensor
  }
}
