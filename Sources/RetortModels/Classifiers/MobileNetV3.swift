import RetortCore
import RetortNN

/// MobileNetV3: inverted residuals with depthwise convolutions, squeeze and excitation, and hard-swish.
///
/// The stem and the first block keep the image's size, so that 28×28 ends at 4×4, or have the strides of the
/// paper and of torchvision. Keys are those of torchvision's `mobilenet_v3_small` and `mobilenet_v3_large`
/// either way.
///
/// Source: [Howard et al. 2019](https://arxiv.org/abs/1905.02244), tables 1 and 2.
public final class MobileNetV3: Module {
  /// Which of the paper's networks.
  public enum Size: Sendable {
    /// Table 2: 11 blocks, 1024 features.
    case small
    /// Table 1: 15 blocks, 1280 features.
    case large
  }

  /// Stem, blocks, and the last 1×1 convolution.
  public let features: Sequential
  /// Two linear layers with hard-swish and dropout between them.
  public let classifier: Sequential

  /// A network whose channel counts are `width` times the paper's, in multiples of 8.
  ///
  /// - Parameters:
  ///   - size: Which blocks.
  ///   - channels: Numbers per pixel.
  ///   - classes: The number of logits.
  ///   - width: Multiplies the channel counts.
  ///   - dropout: The share dropped before the last layer.
  ///   - halves: Whether the stem and the first block have the paper's strides, as large images need them.
  public init(
    _ size: Size = .small, channels: Int, classes: Int, width: Double = 1, dropout: Double = 0.2,
    halves: Bool = false
  ) {
    let isLarge = size == .large
    func scaled(_ count: Int) -> Int { (Double(count) * width).roundedToEights }
    let stem = scaled(16)
    var layers: [Module] = [
      .hard(channels, stem, kernel: 3, stride: halves ? 2 : 1, activation: HardSwish())
    ]
    var inputs = stem
    for (index, row) in (isLarge ? InvertedResidual.large : InvertedResidual.small).enumerated() {
      let outputs = scaled(row.outputs)
      let stride = halves || index > 0 ? row.stride : 1
      layers.append(
        InvertedResidual(
          row, stride: stride, inputs: inputs, expanded: scaled(row.expanded), outputs: outputs))
      inputs = outputs
    }
    layers.append(.hard(inputs, 6 * inputs, kernel: 1, activation: HardSwish()))
    features = Sequential(layers)
    let hidden = scaled(isLarge ? 1280 : 1024)
    func linear(_ inputs: Int, _ outputs: Int) -> Linear {
      Linear(inputs, outputs, initialiser: .normal(deviation: 0.01), biasInitialiser: .zeros)
    }
    classifier = Sequential(
      linear(6 * inputs, hidden), HardSwish(), Dropout(dropout), linear(hidden, classes))
  }

  public override func forward(_ x: Tensor) -> Tensor {
    classifier(features(x).globalAveragePool())
  }
}

/// A 1×1 convolution to more channels, a depthwise one, squeeze and excitation, and a 1×1
/// convolution to few, with the input added where the extents allow it.
///
/// Source: [Howard et al. 2019](https://arxiv.org/abs/1905.02244), figure 4.
public final class InvertedResidual: Module {
  /// One row of the paper's table.
  struct Row {
    let kernel: Int
    let expanded: Int
    let outputs: Int
    let squeezes: Bool
    let isHardSwish: Bool
    let stride: Int

    init(_ kernel: Int, _ expanded: Int, _ outputs: Int, se: Bool, hs: Bool, _ stride: Int) {
      (self.kernel, self.expanded, self.outputs) = (kernel, expanded, outputs)
      (squeezes, isHardSwish, self.stride) = (se, hs, stride)
    }
  }

  /// Table 2.
  static let small: [Row] = [
    Row(3, 16, 16, se: true, hs: false, 2), Row(3, 72, 24, se: false, hs: false, 2),
    Row(3, 88, 24, se: false, hs: false, 1), Row(5, 96, 40, se: true, hs: true, 2),
    Row(5, 240, 40, se: true, hs: true, 1), Row(5, 240, 40, se: true, hs: true, 1),
    Row(5, 120, 48, se: true, hs: true, 1), Row(5, 144, 48, se: true, hs: true, 1),
    Row(5, 288, 96, se: true, hs: true, 2), Row(5, 576, 96, se: true, hs: true, 1),
    Row(5, 576, 96, se: true, hs: true, 1),
  ]

  /// Table 1.
  static let large: [Row] = [
    Row(3, 16, 16, se: false, hs: false, 1), Row(3, 64, 24, se: false, hs: false, 2),
    Row(3, 72, 24, se: false, hs: false, 1), Row(5, 72, 40, se: true, hs: false, 2),
    Row(5, 120, 40, se: true, hs: false, 1), Row(5, 120, 40, se: true, hs: false, 1),
    Row(3, 240, 80, se: false, hs: true, 2), Row(3, 200, 80, se: false, hs: true, 1),
    Row(3, 184, 80, se: false, hs: true, 1), Row(3, 184, 80, se: false, hs: true, 1),
    Row(3, 480, 112, se: true, hs: true, 1), Row(3, 672, 112, se: true, hs: true, 1),
    Row(5, 672, 160, se: true, hs: true, 2), Row(5, 960, 160, se: true, hs: true, 1),
    Row(5, 960, 160, se: true, hs: true, 1),
  ]

  /// The layers, in order.
  public let block: Sequential
  private let isResidual: Bool

  init(_ row: Row, stride: Int, inputs: Int, expanded: Int, outputs: Int) {
    func activation() -> Module { row.isHardSwish ? HardSwish() : ReLU() }
    var layers: [Module] = []
    if expanded != inputs {
      layers.append(.hard(inputs, expanded, kernel: 1, activation: activation()))
    }
    layers.append(
      .hard(
        expanded, expanded, kernel: row.kernel, stride: stride, groups: expanded,
        activation: activation()))
    if row.squeezes {
      layers.append(
        SqueezeExcitation(expanded, squeezed: (Double(expanded) / 4).roundedToEights))
    }
    layers.append(.hard(expanded, outputs, kernel: 1, activation: nil))
    block = Sequential(layers)
    isResidual = stride == 1 && inputs == outputs
  }

  public override func forward(_ x: Tensor) -> Tensor { isResidual ? x + block(x) : block(x) }
}

extension Module {
  /// A convolution, batch norm with TensorFlow's constants, and an activation.
  fileprivate static func hard(
    _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, groups: Int = 1,
    activation: Module?
  ) -> Module {
    .normalised(
      inputs, outputs, kernel: kernel, stride: stride, groups: groups, epsilon: 1e-3,
      momentum: 0.01, activation: activation)
  }
}

extension MobileNetV3 {
  /// Its entry in the catalog.
  static let entry = ModelEntry(
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

  /// The entry of the large one.
  static let largeEntry = ModelEntry(
    name: "mobilenetv3-large",
    summary: "inverted residuals with depthwise convolutions, for large images",
    source: "Howard et al. 2019, table 1", role: .classifier,
    options: [
      ModelOption("width", "multiplies the channel counts", 1, 0.25...4, isWhole: false),
      ModelOption("dropout", "share of features dropped", 0.2, 0...0.9, isWhole: false),
    ],
    make: { options, image, classes in
      MobileNetV3(
        .large, channels: image.channels, classes: classes, width: options["width"],
        dropout: options["dropout"], halves: true)
    })
}
