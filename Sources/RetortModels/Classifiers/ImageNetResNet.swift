import RetortCore
import RetortNN

/// The residual network for pictures of ImageNet's sizes: four stages of widths w, 2w, 4w and 8w.
///
/// A 7×7 convolution and a 3×3 maximum, each of which halves the image, four stages of blocks, the later
/// three of which halve it again, the mean over it, and a linear layer. Keys are those of torchvision's
/// `resnet18`, `resnet34` and `resnet50`.
///
/// Source: [He et al. 2016](https://arxiv.org/abs/1512.03385), table 1.
public final class ImageNetResNet: Module {
  /// Blocks of each stage, and what they are made of.
  public enum Depth: Int, Sendable {
    /// Basic blocks: 2, 2, 2 and 2.
    case eighteen = 18
    /// Basic blocks: 3, 4, 6 and 3.
    case thirtyFour = 34
    /// Bottlenecks: 3, 4, 6 and 3.
    case fifty = 50

    fileprivate var counts: [Int] { self == .eighteen ? [2, 2, 2, 2] : [3, 4, 6, 3] }
    fileprivate var hasBottlenecks: Bool { self == .fifty }
  }

  /// The stem, without bias.
  public let conv1: Conv2d
  /// Follows the stem.
  public let bn1: BatchNorm
  /// Blocks of width w.
  public let layer1: Sequential
  /// Blocks of width 2w; the first has stride 2.
  public let layer2: Sequential
  /// Blocks of width 4w; the first has stride 2.
  public let layer3: Sequential
  /// Blocks of width 8w; the first has stride 2.
  public let layer4: Sequential
  /// From the means over the image to logits.
  public let fc: Linear

  /// A network of `depth` layers.
  ///
  /// - Parameters:
  ///   - depth: How many blocks, and of which kind.
  ///   - channels: Numbers per pixel.
  ///   - classes: The number of logits.
  ///   - width: w, the channels of the stem and of 3×3 convolutions of the first stage.
  public init(_ depth: Depth, channels: Int, classes: Int, width: Int = 64) {
    conv1 = Conv2d.withoutBias(channels, width, kernel: 7, stride: 2)
    bn1 = BatchNorm(width)
    var inputs = width
    let stages = depth.counts.enumerated().map { stage, count in
      let (inner, stride) = (width << stage, stage == 0 ? 1 : 2)
      let outputs = depth.hasBottlenecks ? Bottleneck.expansion * inner : inner
      return Sequential(
        (0..<count).map { index -> Module in
          defer { inputs = outputs }
          return depth.hasBottlenecks
            ? Bottleneck(inputs, inner, stride: index == 0 ? stride : 1)
            : BasicBlock(
              inputs, outputs, stride: index == 0 ? stride : 1, shortcut: .projection)
        })
    }
    (layer1, layer2, layer3, layer4) = (stages[0], stages[1], stages[2], stages[3])
    fc = Linear(inputs, classes)
  }

  public override func forward(_ x: Tensor) -> Tensor {
    let stem = bn1(conv1(x)).relu().maxPool(Pooling(window: 3, stride: 2, padding: 1))
    return fc(layer4(layer3(layer2(layer1(stem)))).globalAveragePool())
  }
}

/// A 1×1 convolution to few channels, a 3×3 one, which has the stride, and a 1×1 one to four times as many,
/// around which the input passes unchanged or projected.
///
/// Source: [He et al. 2016](https://arxiv.org/abs/1512.03385), figure 5 (right); that the 3×3 convolution
/// has the stride, and not the first, is torchvision's.
public final class Bottleneck: Module {
  /// How many times as many channels come out as the 3×3 convolution has.
  public static let expansion = 4

  /// The 1×1 convolution to few channels.
  public let conv1: Conv2d
  /// Follows the first convolution.
  public let bn1: BatchNorm
  /// The 3×3 convolution.
  public let conv2: Conv2d
  /// Follows the second convolution.
  public let bn2: BatchNorm
  /// The 1×1 convolution to many channels.
  public let conv3: Conv2d
  /// Follows the third convolution.
  public let bn3: BatchNorm
  /// Brings the input to the output's size; nil where it has it.
  public let downsample: Sequential?

  /// A block from `inputs` to `4 · inner` channels.
  public init(_ inputs: Int, _ inner: Int, stride: Int) {
    let outputs = Bottleneck.expansion * inner
    conv1 = Conv2d.withoutBias(inputs, inner, kernel: 1)
    bn1 = BatchNorm(inner)
    conv2 = Conv2d.withoutBias(inner, inner, kernel: 3, stride: stride)
    bn2 = BatchNorm(inner)
    conv3 = Conv2d.withoutBias(inner, outputs, kernel: 1)
    bn3 = BatchNorm(outputs)
    downsample =
      stride != 1 || inputs != outputs
      ? Sequential(
        Conv2d.withoutBias(inputs, outputs, kernel: 1, stride: stride), BatchNorm(outputs))
      : nil
  }

  public override func forward(_ x: Tensor) -> Tensor {
    let y = bn3(conv3(bn2(conv2(bn1(conv1(x)).relu())).relu()))
    return (y + (downsample?(x) ?? x)).relu()
  }
}

extension ImageNetResNet {
  /// Its entry in the catalog.
  static func entry(_ depth: Depth) -> ModelEntry {
    ModelEntry(
      name: "resnet\(depth.rawValue)",
      summary: "residual network of \(depth.rawValue) layers for large images",
      source: "He, Zhang, Ren, Sun 2016, table 1", role: .classifier,
      options: [ModelOption("width", "channels of the first stage", 64, 1...1024)],
      make: { options, image, classes in
        ImageNetResNet(
          depth, channels: image.channels, classes: classes, width: options.int("width"))
      })
  }
}
