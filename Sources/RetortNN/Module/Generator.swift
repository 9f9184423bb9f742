import RetortCore

/// A model that turns latent codes into examples.
public protocol LatentDecoder: Module {
  /// The extents of one latent code, without the batch.
  var latentShape: Shape { get }
  /// Decoded examples before the output function: logits where examples are in [0, 1].
  func decodeLogits(_ z: Tensor) -> Tensor
  /// Decoded examples, in the range of the data.
  func decode(_ z: Tensor) -> Tensor
}

/// A latent decoder with an encoder from examples to latent codes.
public protocol Generator: LatentDecoder {
  /// The Gaussian over latent codes for each example; exploration starts at `mean`.
  func encode(_ x: Tensor) -> (mean: Tensor, logVariance: Tensor)
}

/// A generator whose codes are replaced by vectors of a codebook as they are decoded.
public protocol QuantizedGenerator: Generator {
  /// The nearest vectors of the codebook to codes, of their shape; gradients reach the codebook and not the codes.
  func nearest(to z: Tensor) -> Tensor
}

/// A model that tells pairs of an example and its code from pairs of a code and the example that is made of it.
public protocol PairDiscriminator: Module {
  /// The extents of one latent code, without the batch.
  var latentShape: Shape { get }
  /// Logits `[batch, 1]`, greater for examples with their codes.
  func judge(_ x: Tensor, _ z: Tensor) -> Tensor
}
