import RetortCore
import RetortNN

/// A vector-quantised autoencoder of images in [0, 1]: each place of a map of codes is replaced by the nearest vector of
/// a codebook.
///
/// Encoder: 4×4 convolutions of stride 2 to w and 2w channels, two residual blocks, a 1×1 convolution to codes. Decoder:
/// the same backwards, giving a Bernoulli logit per element. What moves codes need not know of the codebook: they are
/// quantised as they are decoded, and gradients pass straight through.
///
/// Source: [van den Oord, Vinyals, Kavukcuoglu 2017](https://arxiv.org/abs/1711.00937), sections 3 and 4.1; widths are
/// the project's.
public final class VQVAE: Module, QuantizedGenerator {
  /// Images to codes, `[batch, height / 4, width / 4, latent]`.
  public let encoder: Sequential
  /// The vectors, `[entries, latent]`.
  public let codebook: Embedding
  /// Vectors to logits.
  public let decoder: Sequential
  /// The extents of one code, `[height / 4, width / 4, latent]`.
  public let latentShape: Shape

  /// A model of images of the given size.
  ///
  /// Nil where height or width is no multiple of 4.
  public init?(image: ImageSize, latent: Int = 16, entries: Int = 128, width: Int = 32) {
    guard image.height % 4 == 0, image.width % 4 == 0, image.count > 0 else { return nil }
    let inner = 2 * width
    encoder = Sequential(
      Conv2d(image.channels, width, kernel: 4, stride: 2, padding: 1), ReLU(),
      Conv2d(width, inner, kernel: 4, stride: 2, padding: 1),
      ResidualBlock(inner), ResidualBlock(inner), ReLU(), Conv2d(inner, latent, kernel: 1))
    codebook = Embedding(
      entries, latent, initialiser: .uniform(bound: 1 / Float(entries)))
    decoder = Sequential(
      Conv2d(latent, inner, kernel: 3, padding: 1), ResidualBlock(inner), ResidualBlock(inner),
      ReLU(), ConvTranspose2d(inner, width, kernel: 4, stride: 2, padding: 1), ReLU(),
      ConvTranspose2d(width, image.channels, kernel: 4, stride: 2, padding: 1))
    latentShape = [image.height / 4, image.width / 4, latent]
  }

  /// The codes of images `[batch, height, width, channels]` before they are quantised, without spread: the logarithm of
  /// their variance is −30.
  public func encode(_ x: Tensor) -> (mean: Tensor, logVariance: Tensor) {
    let codes = encoder(x)
    return (codes, x.graph.fill(-30, codes.shape))
  }

  /// The nearest vectors of the codebook, which gradients reach; none reaches the codes.
  public func nearest(to z: Tensor) -> Tensor {
    let rows = z.stopGradient().reshape([-1, latentShape[2]])
    let table = codebook.weight.tensor.stopGradient()
    let closeness = rows.matmul(table, transposeB: true) * 2 - table.square().sum(axes: [1])
    return codebook(closeness.argmax()).reshape(to: z.shape)
  }

  /// Bernoulli logits `[batch, height, width, channels]` of codes, quantised straight through.
  public func decodeLogits(_ z: Tensor) -> Tensor {
    decoder(z + (nearest(to: z) - z).stopGradient())
  }

  /// Images in (0, 1) of codes.
  public func decode(_ z: Tensor) -> Tensor { decodeLogits(z).sigmoid() }

  /// Each image decoded from its codes.
  public override func forward(_ x: Tensor) -> Tensor { decode(encode(x).mean) }
}

/// ReLU, a 3×3 convolution, ReLU, a 1×1 convolution, and what it was given added.
private final class ResidualBlock: Module {
  private let conv1, conv2: Conv2d

  init(_ channels: Int) {
    conv1 = Conv2d(channels, channels, kernel: 3, padding: 1)
    conv2 = Conv2d(channels, channels, kernel: 1)
  }

  override func forward(_ x: Tensor) -> Tensor { x + conv2(conv1(x.relu()).relu()) }
}

extension VQVAE {
  /// Its entry in the catalog.
  static let entry = ModelEntry(
    name: "vq-vae", summary: "autoencoder whose codes are vectors of a codebook",
    source: "van den Oord, Vinyals, Kavukcuoglu 2017; widths are the project's", role: .generator,
    options: [
      ModelOption("latent", "numbers of one code", 16, 1...4096),
      ModelOption("entries", "vectors of the codebook", 128, 2...65536),
      ModelOption("width", "channels of the first convolution", 32, 1...1024),
    ],
    make: { options, image, _ throws(ModelError) in
      try ModelEntry.tiled("vq-vae", image) {
        VQVAE(
          image: image, latent: options.int("latent"), entries: options.int("entries"),
          width: options.int("width"))
      }
    })
}
