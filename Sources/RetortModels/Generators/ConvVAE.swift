import RetortCore
import RetortNN

/// A variational autoencoder of images in [0, 1], with 4×4 convolutions of stride 2.
///
/// Encoder: convolutions to w and 2w channels, a hidden layer, mean and log variance of the code.
/// Decoder: the same backwards, giving a Bernoulli logit per element.
///
/// Source: [Kingma and Welling 2013](https://arxiv.org/abs/1312.6114); the sizes are the
/// project's.
public final class ConvVAE: Module, Generator {
  /// Images to hidden features.
  public let encoder: Sequential
  /// Hidden features to the code's mean.
  public let mean: Linear
  /// Hidden features to the logarithm of the code's variance.
  public let logVariance: Linear
  /// Codes to logits.
  public let decoder: Sequential
  /// The extents of one code, `[latent]`.
  public let latentShape: Shape

  /// A model of images of the given size.
  ///
  /// Nil where height or width is no multiple of 4.
  public init?(image: ImageSize, latent: Int = 16, width: Int = 32, hidden: Int = 256) {
    guard image.height % 4 == 0, image.width % 4 == 0, image.count > 0 else { return nil }
    let inner = image.quarter(2 * width)
    encoder = Sequential(
      Conv2d(image.channels, width, kernel: 4, stride: 2, padding: 1), ReLU(),
      Conv2d(width, 2 * width, kernel: 4, stride: 2, padding: 1), ReLU(),
      Flatten(), Linear(inner.count, hidden, flattening: inner), ReLU())
    mean = Linear(hidden, latent)
    logVariance = Linear(hidden, latent)
    decoder = Sequential(
      Linear(latent, hidden), ReLU(),
      Linear(hidden, inner.count, unflattening: inner), ReLU(), Unflatten(inner),
      ConvTranspose2d(2 * width, width, kernel: 4, stride: 2, padding: 1), ReLU(),
      ConvTranspose2d(width, image.channels, kernel: 4, stride: 2, padding: 1))
    latentShape = [latent]
  }

  /// The Gaussian of codes, `[batch, latent]` each, of images `[batch, height, width, channels]`.
  public func encode(_ x: Tensor) -> (mean: Tensor, logVariance: Tensor) {
    let features = encoder(x)
    return (mean(features), logVariance(features))
  }

  /// Bernoulli logits `[batch, height, width, channels]` of codes `[batch, latent]`.
  public func decodeLogits(_ z: Tensor) -> Tensor { decoder(z) }

  /// Images in (0, 1) of codes `[batch, latent]`.
  public func decode(_ z: Tensor) -> Tensor { decodeLogits(z).sigmoid() }

  /// Each image decoded from its mean code.
  public override func forward(_ x: Tensor) -> Tensor { decode(encode(x).mean) }
}

extension ConvVAE {
  /// Its entry in the catalog.
  static let entry = ModelEntry(
    name: "conv-vae", summary: "variational autoencoder with convolutions of stride 2",
    source: "Kingma, Welling 2013; sizes are the project's", role: .generator,
    options: [
      ModelOption("latent", "numbers of one code", 16, 1...4096),
      ModelOption("width", "channels of the first convolution", 32, 1...1024),
      ModelOption("hidden", "features of the linear layers", 256, 1...65536),
    ],
    make: { options, image, _ throws(ModelError) in
      try ModelEntry.tiled("conv-vae", image) {
        ConvVAE(
          image: image, latent: options.int("latent"), width: options.int("width"),
          hidden: options.int("hidden"))
      }
    })
}
