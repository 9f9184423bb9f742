import RetortCore
import RetortNN

/// A decoder of images in [0, 1] for adversarial training: the code projected to a small image of 2w
/// channels, and two transposed 4×4 convolutions of stride 2, each but the last with batch norm and ReLU.
///
/// Source: [Radford, Metz and Chintala 2016](https://arxiv.org/abs/1511.06434), section 3 and figure 1; a
/// sigmoid stands for its tanh, as pixels are in [0, 1], and the number of convolutions fits small images.
public final class DCGAN: Module, LatentDecoder {
  /// Codes to logits.
  public let main: Sequential
  /// The extents of one code, `[latent]`.
  public let latentShape: Shape

  /// A model of images of the given size.
  ///
  /// Nil where height or width is no multiple of 4.
  public init?(image: ImageSize, latent: Int = 100, width: Int = 64) {
    guard image.height % 4 == 0, image.width % 4 == 0, image.count > 0 else { return nil }
    let inner = image.quarter(2 * width)
    main = Sequential(
      Linear(
        latent, inner.count, bias: false, unflattening: inner, initialiser: .adversarial),
      Unflatten(inner), BatchNorm(2 * width), ReLU(),
      ConvTranspose2d(
        2 * width, width, kernel: 4, stride: 2, padding: 1, bias: false, initialiser: .adversarial),
      BatchNorm(width), ReLU(),
      ConvTranspose2d(
        width, image.channels, kernel: 4, stride: 2, padding: 1, bias: false,
        initialiser: .adversarial))
    latentShape = [latent]
  }

  /// Bernoulli logits `[batch, height, width, channels]` of codes `[batch, latent]`.
  public func decodeLogits(_ z: Tensor) -> Tensor { main(z) }

  /// Images in (0, 1) of codes `[batch, latent]`.
  public func decode(_ z: Tensor) -> Tensor { decodeLogits(z).sigmoid() }

  /// Images of codes `[batch, latent]`.
  public override func forward(_ z: Tensor) -> Tensor { decode(z) }
}

/// Tells images of the data from generated ones: 4×4 convolutions of stride 2 to w and 2w channels with
/// leaky ReLU, the second with batch norm, and one logit, greater for images of the data.
///
/// Source: [Radford, Metz and Chintala 2016](https://arxiv.org/abs/1511.06434), section 3, at a size that
/// fits small images.
public final class DCGANDiscriminator: Module {
  /// Images to the logit.
  public let main: Sequential

  /// A model of images of the given size.
  ///
  /// Nil where height or width is no multiple of 4.
  public init?(image: ImageSize, width: Int = 64) {
    guard image.height % 4 == 0, image.width % 4 == 0, image.count > 0 else { return nil }
    let inner = image.quarter(2 * width)
    main = Sequential(
      Self.features(of: image, width: width)
        + [Linear(inner.count, 1, bias: false, flattening: inner, initialiser: .adversarial)])
  }

  /// Images to features of a quarter of their height and width and 2w channels, flat.
  static func features(of image: ImageSize, width: Int) -> [Module] {
    [
      Conv2d(
        image.channels, width, kernel: 4, stride: 2, padding: 1, bias: false,
        initialiser: .adversarial),
      LeakyReLU(0.2),
      Conv2d(
        width, 2 * width, kernel: 4, stride: 2, padding: 1, bias: false, initialiser: .adversarial),
      BatchNorm(2 * width), LeakyReLU(0.2), Flatten(),
    ]
  }

  /// Logits `[batch, 1]` of images `[batch, height, width, channels]`.
  public override func forward(_ x: Tensor) -> Tensor { main(x) }
}

extension Initialiser {
  /// Normal with deviation 0.02, as section 4 of the paper has it.
  static let adversarial = Initialiser.normal(deviation: 0.02)
}

extension ImageSize {
  /// A quarter of the height and width.
  func quarter(_ channels: Int) -> ImageSize {
    ImageSize(height: height / 4, width: width / 4, channels: channels)
  }
}

extension DCGAN {
  /// Its entry in the catalog.
  static let entry = ModelEntry(
    name: "dcgan", summary: "decoder of noise with transposed convolutions",
    source: "Radford, Metz, Chintala 2016; as many layers as fit small images", role: .decoder,
    options: [
      ModelOption("latent", "numbers of one code", 100, 1...4096),
      ModelOption("width", "channels before the last convolution", 64, 1...1024),
    ],
    make: { options, image, _ throws(ModelError) in
      try ModelEntry.tiled("dcgan", image) {
        DCGAN(image: image, latent: options.int("latent"), width: options.int("width"))
      }
    })
}

extension DCGANDiscriminator {
  /// Its entry in the catalog.
  static let entry = ModelEntry(
    name: "dcgan-discriminator", summary: "convolutions that tell data from what is made",
    source: "Radford, Metz, Chintala 2016; as many layers as fit small images",
    role: .discriminator,
    options: [ModelOption("width", "channels of the first convolution", 64, 1...1024)],
    make: { options, image, _ throws(ModelError) in
      try ModelEntry.tiled("dcgan-discriminator", image) {
        DCGANDiscriminator(image: image, width: options.int("width"))
      }
    })
}
