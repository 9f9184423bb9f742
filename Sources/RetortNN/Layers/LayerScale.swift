import RetortCore

/// Multiplies each feature of the last axis by a learned factor, small at first, so that a block begins near
/// the identity.
///
/// Source: [Touvron et al. 2021](https://arxiv.org/abs/2103.17239), equation 1.
public final class LayerScale: Module {
  /// The factors, `[features]`.
  public let gamma: Parameter

  /// A layer for `features` features whose factors start at `first`.
  public init(_ features: Int, first: Float = 1e-5) {
    gamma = Parameter([features], .constant(first))
  }

  public override func forward(_ x: Tensor) -> Tensor { x * gamma.tensor }
}
