import RetortCore

/// A model that turns latent codes into examples.
public protocol LatentDecoder: Module {
  /// The extents of one latent code, without the batch.
  var latentShape: Shape { get }
  /// Examples before the output function: logits where examples are in [0, 1].
  func decodeLogits(_ z: Tensor) -> Tensor
  /// Examples, in the range of the data.
  func decode(_ z: Tensor) -> Tensor
}

/// A model that turns examples into latent codes too.
public protocol Generator: LatentDecoder {
  /// The Gaussian of codes for a batch of examples; `mean` is the code that exploration starts at.
  func encode(_ x: Tensor) -> (mean: Tensor, logVariance: Tensor)
}
