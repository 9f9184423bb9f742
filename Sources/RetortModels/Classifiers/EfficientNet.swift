import RetortCore
import RetortNN

/// EfficientNet: inverted residuals with squeeze and excitation and SiLU, scaled in width and depth.
///
/// Keys are those of torchvision's `efficientnet_b0`; `efficientnet_b1` to `b4` have the same with a width
/// and a depth of 1 and 1.1, 1.1 and 1.2, 1.2 and 1.4, 1.4 and 1.8. No block is skipped at random in
/// training (stochastic depth).
///
/// Source: [Tan and Le 2019](https://arxiv.org/abs/1905.11946), table 1.
public final class EfficientNet: Module {
  /// One row of the paper's table: blocks of one size.
  struct Row {
    /// How many times as many channels blocks have inside.
    let expansion: Int
    /// Rows and columns of depthwise convolutions.
    let kernel: Int
    /// The stride of the first block.
    let stride: Int
    /// Channels that come out.
    let outputs: Int
    /// The number of blocks.
    let count: Int
  }

  /// Table 1, rows 2 to 8.
  static let rows = [
    Row(expansion: 1, kernel: 3, stride: 1, outputs: 16, count: 1),
    Row(expansion: 6, kernel: 3, stride: 2, outputs: 24, count: 2),
    Row(expansion: 6, kernel: 5, stride: 2, outputs: 40, count: 2),
    Row(expansion: 6, kernel: 3, stride: 2, outputs: 80, count: 3),
    Row(expansion: 6, kernel: 5, stride: 1, outputs: 112, count: 3),
    Row(expansion: 6, kernel: 5, stride: 2, outputs: 192, count: 4),
    Row(expansion: 6, kernel: 3, stride: 1, outputs: 320, count: 1),
  ]

  /// Stem, stages of blocks, and the last 1×1 convolution.
  public let features: Sequential
  /// Dropout and a linear layer.
  public let classifier: Sequential

  /// A network whose channel counts are `width` times B0's, in multiples of 8.
  ///
  /// - Parameters:
  ///   - channels: Numbers per pixel.
  ///   - classes: The number of logits.
  ///   - width: Multiplies the channel counts.
  ///   - depth: Multiplies the counts of blocks, which are rounded up.
  ///   - dropout: The share dropped before the last layer.
  public init(
    channels: Int, classes: Int, width: Double = 1, depth: Double = 1, dropout: Double = 0.2
  ) {
    func scaled(_ count: Int) -> Int { (Double(count) * width).roundedToEights }
    var inputs = scaled(32)
    let stem = Module.normalised(channels, inputs, kernel: 3, stride: 2, activation: SiLU())
    let stages: [Module] = EfficientNet.rows.map { row in
      let count = Int((Double(row.count) * depth).rounded(.up))
      return Sequential(
        (0..<count).map { index in
          defer { inputs = scaled(row.outputs) }
          return EfficientNetBlock(
            row, stride: index == 0 ? row.stride : 1, inputs: inputs,
            outputs: scaled(row.outputs))
        })
    }
    let last = Module.normalised(inputs, 4 * inputs, kernel: 1, activation: SiLU())
    features = Sequential([stem] + stages + [last])
    classifier = Sequential(
      Dropout(dropout),
      Linear(
        4 * inputs, classes, initialiser: .framework(fanIn: classes), biasInitialiser: .zeros))
  }

  public override func forward(_ x: Tensor) -> Tensor {
    classifier(features(x).globalAveragePool())
  }
}

/// A 1×1 convolution to more channels, a depthwise one, squeeze and excitation, and a 1×1 convolution to few,
/// with the input added where the extents allow it.
///
/// Source: [Tan and Le 2019](https://arxiv.org/abs/1905.11946), section 4.
public final class EfficientNetBlock: Module {
  /// The layers, in order.
  public let block: Sequential
  private let isResidual: Bool

  init(_ row: EfficientNet.Row, stride: Int, inputs: Int, outputs: Int) {
    let inner = inputs * row.expansion
    var layers: [Module] = []
    if row.expansion > 1 {
      layers.append(.normalised(inputs, inner, kernel: 1, activation: SiLU()))
    }
    layers += [
      .normalised(
        inner, inner, kernel: row.kernel, stride: stride, groups: inner, activation: SiLU()),
      SqueezeExcitation(
        inner, squeezed: max(1, inputs / 4), activation: SiLU(), gate: Sigmoid()),
      .normalised(inner, outputs, kernel: 1, activation: nil),
    ]
    block = Sequential(layers)
    isResidual = stride == 1 && inputs == outputs
  }

  public override func forward(_ x: Tensor) -> Tensor { isResidual ? x + block(x) : block(x) }
}

extension EfficientNet {
  /// Its entry in the catalog.
  static let entry = ModelEntry(
    name: "efficientnet-b0",
    summary: "inverted residuals with squeeze and excitation, scaled in width and depth",
    source: "Tan, Le 2019, table 1", role: .classifier,
    options: [
      ModelOption("width", "multiplies the channel counts", 1, 0.125...4, isWhole: false),
      ModelOption("depth", "multiplies the counts of blocks", 1, 0.25...4, isWhole: false),
      ModelOption("dropout", "share of features dropped", 0.2, 0...0.9, isWhole: false),
    ],
    make: { options, image, classes in
      EfficientNet(
        channels: image.channels, classes: classes, width: options["width"],
        depth: options["depth"], dropout: options["dropout"])
    })
}
