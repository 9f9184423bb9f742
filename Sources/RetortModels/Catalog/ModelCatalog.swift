import RetortCore
import RetortNN

/// Every model that a recipe can name.
public enum ModelCatalog {
  /// The models, in the order that lists show.
  public static let all: [ModelEntry] =
    [mlp, lenet5, lenet5Small] + [8, 14, 20, 32, 44, 56, 110].map(residual)
    + [mobileNetV3Small, convVAE, bert]

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
    _ name: String, options: [String: Double] = [:], image: ImageSize, classes: Int
  ) throws(ModelError) -> Module {
    try entry(name).make(options, image: image, classes: classes)
  }

  private static let mlp = ModelEntry(
    name: "mlp", summary: "linear layers with ReLU between them",
    source: "Rumelhart, Hinton, Williams 1986", role: .classifier,
    options: [
      ModelOption("hidden1", "features of the first hidden layer", 512, 1...65536),
      ModelOption("hidden2", "features of the second; 0 for none", 256, 0...65536),
      ModelOption("hidden3", "features of the third; 0 for none", 0, 0...65536),
    ],
    make: { options, image, classes in
      let hidden = ["hidden1", "hidden2", "hidden3"].map { options.int($0) }.filter { $0 > 0 }
      return MLP(inputs: image.count, hidden: hidden, classes: classes, image: image)
    })

  private static let lenet5 = ModelEntry(
    name: "lenet5", summary: "convolutions of 6 and 16 channels, 120 and 84 features",
    source: "LeCun, Bottou, Bengio, Haffner 1998", role: .classifier, options: [],
    make: { _, image, classes throws(ModelError) in
      try sized("lenet5", image) { LeNet5(image: image, classes: classes) }
    })

  private static let lenet5Small = ModelEntry(
    name: "lenet5-small", summary: "padded convolutions of 8 and 16 channels, 64 features",
    source: "LeCun, Bottou, Bengio, Haffner 1998; widths are the project's", role: .classifier,
    options: [],
    make: { _, image, classes throws(ModelError) in
      try sized("lenet5-small", image) {
        LeNet5(image: image, classes: classes, widths: .small)
      }
    })

  private static func residual(_ depth: Int) -> ModelEntry {
    ModelEntry(
      name: "resnet\(depth)", summary: "residual network of \(depth) layers for small images",
      source: "He, Zhang, Ren, Sun 2016, section 4.2", role: .classifier,
      options: [
        ModelOption("width", "channels of the first stage", 16, 1...1024),
        ModelOption("projection", "1 projects shortcuts (option B), 0 pads them (A)", 1, 0...1),
      ],
      make: { options, image, classes in
        ResNet(
          channels: image.channels, classes: classes, blocks: (depth - 2) / 6,
          width: options.int("width"),
          shortcut: options.int("projection") == 1 ? .projection : .padding)
      })
  }

  private static let mobileNetV3Small = ModelEntry(
    name: "mobilenetv3-small", summary: "inverted residuals with depthwise convolutions",
    source: "Howard et al. 2019, table 2; first strides are 1", role: .classifier,
    options: [
      ModelOption("width", "multiplies the channel counts", 1, 0.25...4, isWhole: false),
      ModelOption("dropout", "share of features dropped", 0.2, 0...0.9, isWhole: false),
    ],
    make: { options, image, classes in
      MobileNetV3(
        channels: image.channels, classes: classes, width: options["width"],
        dropout: options["dropout"])
    })

  private static let convVAE = ModelEntry(
    name: "conv-vae", summary: "variational autoencoder with convolutions of stride 2",
    source: "Kingma, Welling 2013; sizes are the project's", role: .generator,
    options: [
      ModelOption("latent", "numbers of one code", 16, 1...4096),
      ModelOption("width", "channels of the first convolution", 32, 1...1024),
      ModelOption("hidden", "features of the linear layers", 256, 1...65536),
    ],
    make: { options, image, _ throws(ModelError) in
      guard
        let model = ConvVAE(
          image: image, latent: options.int("latent"), width: options.int("width"),
          hidden: options.int("hidden"))
      else {
        throw .unfit(
          model: "conv-vae",
          reason: "height and width must be multiples of 4, not \(image.height)×\(image.width)")
      }
      return model
    })

  private static let bert = ModelEntry(
    name: "bert", summary: "bidirectional transformer encoder with a classifier",
    source: "Devlin, Chang, Lee, Toutanova 2019", role: .encoder,
    options: [
      ModelOption("vocabulary", "token ids are below it", 30522, 1...16_777_216),
      ModelOption("width", "features of each position", 128, 1...16384),
      ModelOption("layers", "transformer layers", 2, 1...256),
      ModelOption("heads", "attention heads; divides the width", 2, 1...256),
      ModelOption("feed-forward", "features inside each layer", 512, 1...65536),
      ModelOption("length", "the longest sequence", 512, 1...65536),
      ModelOption("dropout", "share of activations dropped", 0.1, 0...0.9, isWhole: false),
    ],
    make: { options, _, classes throws(ModelError) in
      let (width, heads) = (options.int("width"), options.int("heads"))
      guard width % heads == 0 else {
        throw .unfit(model: "bert", reason: "\(heads) heads do not divide a width of \(width)")
      }
      let sizes = BERT.Sizes(
        vocabulary: options.int("vocabulary"), width: width, layers: options.int("layers"),
        heads: heads, feedForward: options.int("feed-forward"),
        maximumLength: options.int("length"), dropout: options["dropout"])
      return BERT(sizes, classes: classes)
    })

  private static func sized(
    _ name: String, _ image: ImageSize, _ make: () -> Module?
  ) throws(ModelError) -> Module {
    guard let model = make() else {
      throw .unfit(
        model: name, reason: "images of \(image.height)×\(image.width) are too small for it")
    }
    return model
  }
}
