import RetortCore

/// Layer normalisation over the last axis, with learned scale and shift.
///
/// Source: [Ba, Kiros and Hinton 2016](https://arxiv.org/abs/1607.06450), equation 4.
public final class LayerNorm: Module {
  /// The scale γ, `[features]`, ones at first.
  public let weight: Parameter
  /// The shift β, `[features]`, zeros at first.
  public let bias: Parameter
  /// The constant added to the variance, for stability.
  public let epsilon: Double

  /// A layer for `features` features.
  public init(_ features: Int, epsilon: Double = 1e-5) {
    weight = Parameter([features], .ones)
    bias = Parameter([features], .zeros)
    self.epsilon = epsilon
  }

  public override func forward(_ x: Tensor) -> Tensor {
    x.layerNorm(gamma: weight.tensor, beta: bias.tensor, epsilon: epsilon)
  }
}
