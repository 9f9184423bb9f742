import RetortCore
import RetortNN

/// A generator of images in [0, 1] with an encoder that learns to undo it, for adversarial training on pairs:
/// DCGAN's decoder, and 4×4 convolutions of stride 2 to w and 2w channels with leaky ReLU, the second with batch
/// norm, and a linear layer to the code.
///
/// Source: [Donahue, Krähenbühl and Darrell 2017](https://arxiv.org/abs/1605.09782), section 3; sizes fit small images.
public final class BiGAN: Module, Generator {
  /// Images to codes.
  public let encoder: Sequential
  /// Codes to images.
  public let decoder: DCGAN

  /// A model of images of the given size.
  ///
  /// Nil where height or width is no multiple of 4.
  public init?(image: ImageSize, latent: Int = 64, width: Int = 64) {
    guard let decoder = DCGAN(image: image, latent: latent, width: width) else { return nil }
    self.decoder = decoder
    encoder = Sequential(
      DCGANDiscriminator.features(of: image, width: width)
        + [
          Linear(
            image.quarter(2 * width).count, latent, flattening: image.quarter(2 * width),
            initialiser: .adversarial)
        ])
  }

  /// The extents of one code, `[latent]`.
  public var latentShape: Shape { decoder.latentShape }

  /// The codes `[batch, latent]` of images `[batch, height, width, channels]`, without spread: the logarithm of
  /// their variance is −30.
  public func encode(_ x: Tensor) -> (mean: Tensor, logVariance: Tensor) {
    let mean = encoder(x)
    return (mean, x.graph.fill(-30, mean.shape))
  }

  /// Bernoulli logits `[batch, height, width, channels]` of codes `[batch, latent]`.
  public func decodeLogits(_ z: Tensor) -> Tensor { decoder.decodeLogits(z) }

  /// Images in (0, 1) of codes `[batch, latent]`.
  public func decode(_ z: Tensor) -> Tensor { decoder.decode(z) }

  /// Each image decoded from its code.
  public override func forward(_ x: Tensor) -> Tensor { decode(encode(x).mean) }
}

/// Tells pairs of an image and its code from pairs of a code and what is made of it: DCGAN's convolutions of the
/// image, beside the code in a linear layer, one more, each with leaky ReLU, and one logit, greater for images of the
/// data with their codes.
///
/// Source: [Donahue, Krähenbühl and Darrell 2017](https://arxiv.org/abs/1605.09782), section 3 and appendix C.1,
/// where images and codes meet in a hidden layer.
public final class BiGANDiscriminator: Module, PairDiscriminator {
  /// Images to features.
  public let features: Sequential
  /// Features and codes to the hidden layer, which adds both.
  public let image: Linear, code: Linear
  /// The hidden layer to the logit.
  public let joint: Sequential
  /// The extents of one code, `[latent]`.
  public let latentShape: Shape

  /// A model of pairs of images of the given size and codes of `latent` numbers.
  ///
  /// Nil where height or width is no multiple of 4.
  public init?(image: ImageSize, latent: Int = 64, width: Int = 64, hidden: Int = 512) {
    guard image.height % 4 == 0, image.width % 4 == 0, image.count > 0 else { return nil }
    let inner = image.quarter(2 * width)
    features = Sequential(DCGANDiscriminator.features(of: image, width: width))
    self.image = Linear(inner.count, hidden, flattening: inner, initialiser: .adversarial)
    code = Linear(latent, hidden, bias: false, initialiser: .adversarial)
    joint = Sequential(
      LeakyReLU(0.2), Linear(hidden, hidden, initialiser: .adversarial), LeakyReLU(0.2),
      Linear(hidden, 1, initialiser: .adversarial))
    latentShape = [latent]
  }

  /// A fault of the graph: an image has no logit without its code.
  public override func forward(_ x: Tensor) -> Tensor {
    x.graph.fail(
      .invalidArgument(
        operation: "a discriminator of pairs", reason: "needs codes beside examples",
        path: x.graph.scope))
  }

  /// Logits `[batch, 1]` of images `[batch, height, width, channels]` with codes `[batch, latent]`.
  public func judge(_ x: Tensor, _ z: Tensor) -> Tensor { joint(image(features(x)) + code(z)) }
}

extension BiGAN {
  /// Its entry in the catalog.
  static let entry = ModelEntry(
    name: "bigan", summary: "DCGAN's decoder with an encoder that undoes it",
    source: "Donahue, Krähenbühl, Darrell 2017; sizes fit small images", role: .generator,
    options: [
      ModelOption("latent", "numbers of one code", 64, 1...4096),
      ModelOption("width", "channels of the first convolution", 64, 1...1024),
    ],
    make: { options, image, _ throws(ModelError) in
      try ModelEntry.tiled("bigan", image) {
        BiGAN(image: image, latent: options.int("latent"), width: options.int("width"))
      }
    })
}

extension BiGANDiscriminator {
  /// Its entry in the catalog.
  static let entry = ModelEntry(
    name: "bigan-discriminator",
    summary: "tells images with their codes from codes with what is made",
    source: "Donahue, Krähenbühl, Darrell 2017; sizes fit small images",
    role: .pairDiscriminator,
    options: [
      ModelOption("latent", "numbers of one code", 64, 1...4096),
      ModelOption("width", "channels of the first convolution", 64, 1...1024),
      ModelOption("hidden", "features where images and codes meet", 512, 1...65536),
    ],
    make: { options, image, _ throws(ModelError) in
      try ModelEntry.tiled("bigan-discriminator", image) {
        BiGANDiscriminator(
          image: image, latent: options.int("latent"), width: options.int("width"),
          hidden: options.int("hidden"))
      }
    })
}
