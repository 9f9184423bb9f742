import RetortCore
import RetortNN

/// Every model that a recipe can name.
public enum ModelCatalog {
  /// The models, in the order that lists show.
  public static let all: [ModelEntry] =
    [
      MLP.entry,
      LeNet5.entry,
      LeNet5.smallEntry,
    ] + [8, 14, 20, 32, 44, 56, 110].map(ResNet.entry)
    + [.eighteen, .thirtyFour, .fifty].map(ImageNetResNet.entry)
    + [(16, 1), (16, 2), (28, 10), (40, 1), (40, 2)].map(WideResNet.entry)
    + [
      (8, [1, 1, 1, 1, 1]), (11, [1, 1, 2, 2, 2]), (13, [2, 2, 2, 2, 2]),
      (16, [2, 2, 3, 3, 3]), (19, [2, 2, 4, 4, 4]),
    ].map(VGG.entry)
    + [
      MobileNetV2.entry,
      MobileNetV3.entry,
      MobileNetV3.largeEntry,
      EfficientNet.entry,
      EfficientNetLite.entry,
      ConvNeXt.entry,
      VisionTransformer.entry,
      VisionTransformer.smallEntry,
      VisionTransformer.deitEntry,
      VisionTransformer.dinoEntry,
      ConvVAE.entry,
      VQVAE.entry,
      DenoisingTransformer.entry,
      DCGAN.entry,
      DCGANDiscriminator.entry,
      BiGAN.entry,
      BiGANDiscriminator.entry,
    ] + EncoderFamily.all.flatMap { [BERT.entry($0), SentenceBERT.entry($0)] }

  /// The model called `name`.
  ///
  /// - Throws: `ModelError.unknownModel` with the nearest names.
  public static func entry(_ name: String) throws(ModelError) -> ModelEntry {
    guard let entry = all.first(where: { $0.name == name }) else {
      throw .unknownModel(name, nearest: nearestNames(to: name, in: all.map(\.name)))
    }
    return entry
  }

  /// The model called `name`, without weights.
  ///
  /// - Throws: `ModelError`, as `entry` and `ModelEntry.make` do.
  public static func make(
    _ name: String, options: [String: Double] = [:], for examples: ExampleSpec, classes: Int
  ) throws(ModelError) -> Module {
    try entry(name).make(options, for: examples, classes: classes)
  }
}
