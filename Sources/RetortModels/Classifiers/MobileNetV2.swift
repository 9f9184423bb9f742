import RetortCore
import RetortNN

/// MobileNetV2: bottlenecks whose depthwise convolutions work on more channels than pass between
/// them.
///
/// Source: [Sandler et al. 2018](https://arxiv.org/abs/1801.04381), table 2.
public final class MobileNetV2: Module {
  /// Whose network it is; keys, strides, channel counts and activations follow.
  public enum Form: Hashable, Sendable {
    /// RepDistiller's `MobileNetV2` for small images, of which 32×32 ends at 2×2.
    ///
    /// The fourth stride of 2 is left out, the first bottleneck has a 1×1 convolution before the
    /// depthwise one, scaled channel counts are cut to whole numbers, and ReLU is unbounded.
    case repDistiller
    /// torchvision's `mobilenet_v2`, as the paper: 32×32 ends at 1×1.
    case torchvision

    fileprivate func scaled(_ channels: Int, _ width: Double) -> Int {
      let exact = Double(channels) * width
      return self == .repDistiller ? Int(exact) : exact.roundedToEights
    }

    fileprivate func activation() -> Module { self == .repDistiller ? ReLU() : ReLU6() }
  }

  /// Table 2: channels, bottlenecks, and the stride of the first of them.
  private static let rows = [
    (16, 1, 1), (24, 2, 2), (32, 3, 2), (64, 4, 2), (96, 3, 1), (160, 3, 2), (320, 1, 1),
  ]

  /// A 3×3 convolution of stride 2.
  public let stem: Sequential
  /// The bottlenecks; RepDistiller's are grouped by rows of the paper's table.
  public let bottlenecks: [Module]
  /// The last 1×1 convolution.
  public let head: Sequential
  /// From the means over the image to logits.
  public let classifier: Linear
  private let dropout: Dropout
  private let form: Form

  /// A network whose channel counts are `width` times the paper's.
  ///
  /// - Parameters:
  ///   - channels: Numbers per pixel.
  ///   - classes: The number of logits.
  ///   - width: At least 1/16; the last convolution has 1280 channels at least.
  ///   - expansion: How many times as many channels the bottlenecks have inside, but for the first.
  ///   - dropout: The share dropped before the last layer.
  ///   - form: Whose strides, last layers and activations.
  public init(
    channels: Int, classes: Int, width: Double = 0.5, expansion: Int = 6, dropout: Double = 0,
    form: Form = .repDistiller
  ) {
    var inputs = form.scaled(32, width)
    stem = LinearBottleneck.activated(channels, inputs, kernel: 3, stride: 2, form)
    let stages = MobileNetV2.rows.enumerated().map { row, sizes in
      let (outputs, count, stride) = (form.scaled(sizes.0, width), sizes.1, sizes.2)
      return Sequential(
        (0..<count).map { index in
          defer { inputs = outputs }
          return LinearBottleneck(
            inputs, outputs, expansion: row == 0 ? 1 : expansion,
            stride: index > 0 || (row == 1 && form == .repDistiller) ? 1 : stride, form)
        })
    }
    bottlenecks = form == .repDistiller ? stages : stages.flatMap(\.layers)
    let features = form.scaled(1280, max(1, width))
    head = LinearBottleneck.activated(inputs, features, kernel: 1, form)
    classifier = Linear(
      features, classes, initialiser: .normal(deviation: 0.01), biasInitialiser: .zeros)
    self.dropout = Dropout(dropout)
    self.form = form
  }

  public override var children: [(key: String, module: Module)] {
    switch form {
    case .repDistiller:
      [("conv1", stem)] + bottlenecks.enumerated().map { ("blocks.\($0.offset)", $0.element) }
        + [("conv2", head), ("dropout", dropout), ("classifier.0", classifier)]
    case .torchvision:
      ([stem] + bottlenecks + [head]).enumerated().map { ("features.\($0.offset)", $0.element) }
        + [("classifier.0", dropout), ("classifier.1", classifier)]
    }
  }

  public override func forward(_ x: Tensor) -> Tensor {
    let features = head(bottlenecks.reduce(stem(x)) { $1($0) })
    return classifier(dropout(features.globalAveragePool()))
  }
}

/// A 1×1 convolution to more channels, a depthwise 3×3 one, and a 1×1 convolution to few without
/// an activation, with the input added where the extents allow it.
///
/// Source: [Sandler et al. 2018](https://arxiv.org/abs/1801.04381), table 1 and figure 4 (d).
public final class LinearBottleneck: Module {
  /// The layers, in order; torchvision's have a level more.
  public let conv: Sequential
  private let isResidual: Bool

  init(_ inputs: Int, _ outputs: Int, expansion: Int, stride: Int, _ form: MobileNetV2.Form) {
    let inner = inputs * expansion
    var parts: [Sequential] = []
    if expansion > 1 || form == .repDistiller {
      parts.append(LinearBottleneck.activated(inputs, inner, kernel: 1, form))
    }
    parts.append(
      LinearBottleneck.activated(inner, inner, kernel: 3, stride: stride, groups: inner, form))
    let last: [Module] = [Conv2d.withoutBias(inner, outputs, kernel: 1), BatchNorm(outputs)]
    conv = Sequential((form == .repDistiller ? parts.flatMap(\.layers) : parts) + last)
    isResidual = stride == 1 && inputs == outputs
  }

  /// A convolution, batch norm and an activation.
  fileprivate static func activated(
    _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, groups: Int = 1,
    _ form: MobileNetV2.Form
  ) -> Sequential {
    Sequential(
      Conv2d.withoutBias(inputs, outputs, kernel: kernel, stride: stride, groups: groups),
      BatchNorm(outputs), form.activation())
  }

  public override func forward(_ x: Tensor) -> Tensor { isResidual ? x + conv(x) : conv(x) }
}

extension MobileNetV2 {
  /// Its entry in the catalog.
  static let entry = ModelEntry(
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
}
