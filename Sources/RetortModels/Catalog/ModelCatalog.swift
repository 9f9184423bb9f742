import RetortCore
import RetortNN

/// Every model that a recipe can name.
public enum ModelCatalog {
  /// The models, in the order that lists show.
  public static let all: [ModelEntry] =
    [mlp, lenet5, lenet5Small] + [8, 14, 20, 32, 44, 56, 110].map(residual)
    + [(16, 1), (16, 2), (28, 10), (40, 1), (40, 2)].map(wideResidual)
    + [
      (8, [1, 1, 1, 1, 1]), (11, [1, 1, 2, 2, 2]), (13, [2, 2, 2, 2, 2]),
      (16, [2, 2, 3, 3, 3]), (19, [2, 2, 4, 4, 4]),
    ].map(vgg)
    + [
      mobileNetV2, mobileNetV3Small, visionTransformerTiny, convVAE, dcgan, dcganDiscriminator,
      bert,
    ]

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
      try sized("lenet5", image, least: 12) { LeNet5(image: image, classes: classes) }
    })

  private static let lenet5Small = ModelEntry(
    name: "lenet5-small", summary: "padded convolutions of 8 and 16 channels, 64 features",
    source: "LeCun, Bottou, Bengio, Haffner 1998; widths are the project's", role: .classifier,
    options: [],
    make: { _, image, classes throws(ModelError) in
      try sized("lenet5-small", image, least: 4) {
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

  private static func wideResidual(_ depth: Int, _ widening: Int) -> ModelEntry {
    ModelEntry(
      name: "wrn\(depth)-\(widening)",
      summary: "wide residual network of \(depth) layers, \(widening) times as wide",
      source: "Zagoruyko, Komodakis 2016, table 1", role: .classifier,
      options: [
        ModelOption("width", "channels of the first convolution", 16, 1...1024),
        ModelOption("dropout", "share dropped inside blocks", 0, 0...0.9, isWhole: false),
      ],
      make: { options, image, classes in
        WideResNet(
          channels: image.channels, classes: classes, blocks: (depth - 4) / 6,
          widening: widening, width: options.int("width"), dropout: options["dropout"])
      })
  }

  private static func vgg(_ depth: Int, _ convolutions: [Int]) -> ModelEntry {
    ModelEntry(
      name: "vgg\(depth)",
      summary: "\(depth - 3) convolutions with batch norm, one linear layer",
      source: "Simonyan, Zisserman 2015, table 1; the linear layer is RepDistiller's",
      role: .classifier,
      options: [
        ModelOption("width", "channels of the first block", 64, 1...1024),
        ModelOption(
          "pools", "after how many blocks to pool; 0 for RepDistiller's: 4 of 64 rows, else 3", 0,
          0...5, isUntold: true),
      ],
      make: { options, image, classes throws(ModelError) in
        let pools = options.int("pools")
        return try sized("vgg\(depth)", image, least: pools > 0 ? 1 << pools : 8) {
          VGG(
            image: image, classes: classes, convolutions: convolutions,
            width: options.int("width"), pools: pools)
        }
      })
  }

  private static let mobileNetV2 = ModelEntry(
    name: "mobilenetv2", summary: "linear bottlenecks with depthwise convolutions",
    source: "Sandler et al. 2018, table 2; RepDistiller's strides", role: .classifier,
    options: [
      ModelOption("width", "multiplies the channel counts", 0.5, 0.125...4, isWhole: false),
      ModelOption("expansion", "multiplies channels inside bottlenecks", 6, 1...16),
      ModelOption("dropout", "share of features dropped", 0, 0...0.9, isWhole: false),
      ModelOption(
        "torchvision", "1 for torchvision's layout, strides and ReLU6, 0 for RepDistiller's", 0,
        0...1),
    ],
    make: { options, image, classes in
      MobileNetV2(
        channels: image.channels, classes: classes, width: options["width"],
        expansion: options.int("expansion"), dropout: options["dropout"],
        form: options.int("torchvision") == 1 ? .torchvision : .repDistiller)
    })

  private static let mobileNetV3Small = ModelEntry(
    name: "mobilenetv3-small", summary: "inverted residuals with depthwise convolutions",
    source: "Howard et al. 2019, table 2; first strides are 1 unless asked for", role: .classifier,
    options: [
      ModelOption("width", "multiplies the channel counts", 1, 0.25...4, isWhole: false),
      ModelOption("dropout", "share of features dropped", 0.2, 0...0.9, isWhole: false),
      ModelOption(
        "torchvision", "1 for torchvision's strides, 0 for ones that suit small images", 0, 0...1,
        isUntold: true),
    ],
    make: { options, image, classes in
      MobileNetV3(
        channels: image.channels, classes: classes, width: options["width"],
        dropout: options["dropout"], halves: options.int("torchvision") == 1)
    })

  private static let visionTransformerTiny = ModelEntry(
    name: "vit-tiny", summary: "transformer over patches of an image",
    source: "Dosovitskiy et al. 2021; sizes of Touvron et al. 2021, table 1", role: .classifier,
    options: [
      ModelOption("patch", "rows and columns of a patch; divides the image's", 4, 1...1024),
      ModelOption("width", "features of each position", 192, 1...16384),
      ModelOption("layers", "transformer blocks", 12, 1...256),
      ModelOption("heads", "attention heads; divides the width", 3, 1...256, isUntold: true),
      ModelOption("mlp-ratio", "features inside each feed-forward part, in widths", 4, 1...64),
    ],
    make: { options, image, classes throws(ModelError) in
      let (patch, width, heads) = (
        options.int("patch"), options.int("width"), options.int("heads")
      )
      try checkHeads("vit-tiny", heads, width: width)
      let sizes = VisionTransformer.Sizes(
        patch: patch, width: width, layers: options.int("layers"), heads: heads,
        mlpRatio: options.int("mlp-ratio"))
      guard let model = VisionTransformer(sizes, image: image, classes: classes) else {
        throw .unfit(
          model: "vit-tiny",
          reason: "patches of \(patch)×\(patch) do not tile images of "
            + "\(image.height)×\(image.width); set 'patch' to a divisor of both")
      }
      return model
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
      try tiled("conv-vae", image) {
        ConvVAE(
          image: image, latent: options.int("latent"), width: options.int("width"),
          hidden: options.int("hidden"))
      }
    })

  private static let dcgan = ModelEntry(
    name: "dcgan", summary: "decoder of noise with transposed convolutions",
    source: "Radford, Metz, Chintala 2016; as many layers as fit small images", role: .decoder,
    options: [
      ModelOption("latent", "numbers of one code", 100, 1...4096),
      ModelOption("width", "channels before the last convolution", 64, 1...1024),
    ],
    make: { options, image, _ throws(ModelError) in
      try tiled("dcgan", image) {
        DCGAN(image: image, latent: options.int("latent"), width: options.int("width"))
      }
    })

  private static let dcganDiscriminator = ModelEntry(
    name: "dcgan-discriminator", summary: "convolutions that tell data from what is made",
    source: "Radford, Metz, Chintala 2016; as many layers as fit small images",
    role: .discriminator,
    options: [ModelOption("width", "channels of the first convolution", 64, 1...1024)],
    make: { options, image, _ throws(ModelError) in
      try tiled("dcgan-discriminator", image) {
        DCGANDiscriminator(image: image, width: options.int("width"))
      }
    })

  private static let bert = ModelEntry(
    name: "bert", summary: "bidirectional transformer encoder with a classifier",
    source: "Devlin, Chang, Lee, Toutanova 2019", role: .encoder,
    options: [
      ModelOption("vocabulary", "token ids are below it; 0 for the data's", 0, 0...16_777_216),
      ModelOption("width", "features of each position", 128, 1...16384),
      ModelOption("layers", "transformer layers", 2, 1...256),
      ModelOption("heads", "attention heads; divides the width", 2, 1...256, isUntold: true),
      ModelOption("feed-forward", "features inside each layer", 512, 1...65536),
      ModelOption("length", "the longest sequence; 0 for the data's", 0, 0...65536),
      ModelOption("dropout", "share of activations dropped", 0.1, 0...0.9, isWhole: false),
    ],
    build: { options, examples, classes throws(ModelError) in
      guard case .tokens(let length, let vocabulary) = examples else {
        throw .unfit(
          model: "bert",
          reason: "it reads token ids; the examples are \(examples.description). Choose a "
            + "classifier.")
      }
      let (width, heads) = (options.int("width"), options.int("heads"))
      try checkHeads("bert", heads, width: width)
      func size(_ name: String, _ least: Int) throws(ModelError) -> Int {
        let given = options.int(name) == 0 ? least : options.int(name)
        guard given >= least else {
          throw .unfit(
            model: "bert",
            reason: "its '\(name)' is \(given), less than the data's, which is \(least)")
        }
        return given
      }
      let sizes = BERT.Sizes(
        vocabulary: try size("vocabulary", vocabulary), width: width,
        layers: options.int("layers"), heads: heads, feedForward: options.int("feed-forward"),
        maximumLength: try size("length", length), dropout: options["dropout"])
      return BERT(sizes, classes: classes)
    })

  private static func checkHeads(
    _ model: String, _ heads: Int, width: Int
  ) throws(ModelError) {
    guard width % heads == 0 else {
      throw .unfit(model: model, reason: "\(heads) heads do not divide a width of \(width)")
    }
  }

  private static func tiled(
    _ name: String, _ image: ImageSize, _ make: () -> Module?
  ) throws(ModelError) -> Module {
    guard let model = make() else {
      throw .unfit(
        model: name,
        reason: "height and width must be multiples of 4, not \(image.height)×\(image.width)")
    }
    return model
  }

  private static func sized(
    _ name: String, _ image: ImageSize, least: Int, _ make: () -> Module?
  ) throws(ModelError) -> Module {
    guard let model = make() else {
      throw .unfit(
        model: name,
        reason: "images of \(image.height)×\(image.width) are too small for it; it needs "
          + "\(least)×\(least) or more")
    }
    return model
  }
}
