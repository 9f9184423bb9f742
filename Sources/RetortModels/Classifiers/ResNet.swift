import RetortCore
import RetortNN

/// The residual network for small images: depth `6n + 2`, widths w, 2w and 4w.
///
/// A 3×3 convolution, three stages of n basic blocks, the second and third of which halve the
/// image, the mean over it, and a linear layer.
///
/// Source: [He et al. 2016](https://arxiv.org/abs/1512.03385), section 4.2.
public final class ResNet: Module {
  /// The stem, without bias.
  public let conv1: Conv2d
  /// Follows the stem.
  public let bn1: BatchNorm
  /// n blocks of width w.
  public let layer1: Sequential
  /// n blocks of width 2w; the first has stride 2.
  public let layer2: Sequential
  /// n blocks of width 4w; the first has stride 2.
  public let layer3: Sequential
  /// From 4w features to logits.
  public let fc: Linear

  /// How a block's input reaches an output of another size.
  public enum Shortcut: Hashable, Sendable {
    /// A 1×1 convolution and batch norm (the paper's option B).
    case projection
    /// Every other pixel, and channels of zeros (option A).
    case padding
  }

  /// A network of `6 · blocks + 2` layers.
  public init(
    channels: Int, classes: Int, blocks: Int, width: Int = 16, shortcut: Shortcut = .projection
  ) {
    conv1 = Conv2d.withoutBias(channels, width, kernel: 3)
    bn1 = BatchNorm(width)
    func stage(_ inputs: Int, _ outputs: Int, stride: Int) -> Sequential {
      Sequential(
        (0..<blocks).map {
          BasicBlock(
            $0 == 0 ? inputs : outputs, outputs, stride: $0 == 0 ? stride : 1, shortcut: shortcut)
        })
    }
    layer1 = stage(width, width, stride: 1)
    layer2 = stage(width, 2 * width, stride: 2)
    layer3 = stage(2 * width, 4 * width, stride: 2)
    fc = Linear(4 * width, classes)
  }

  public override func forward(_ x: Tensor) -> Tensor {
    let features = layer3(layer2(layer1(bn1(conv1(x)).relu())))
    return fc(features.globalAveragePool())
  }
}

/// Two 3×3 convolutions with batch norm around which the input passes unchanged.
///
/// Source: [He et al. 2016](https://arxiv.org/abs/1512.03385), figure 5 (left).
public final class BasicBlock: Module {
  /// The first convolution, which has the block's stride.
  public let conv1: Conv2d
  /// Follows the first convolution.
  public let bn1: BatchNorm
  /// The second convolution.
  public let conv2: Conv2d
  /// Follows the second convolution.
  public let bn2: BatchNorm
  /// Brings the input to the output's size; nil where it has it, or zeros are added.
  public let downsample: Sequential?
  private let stride: Int
  private let added: Int

  /// A block from `inputs` to `outputs` channels.
  public init(_ inputs: Int, _ outputs: Int, stride: Int, shortcut: ResNet.Shortcut) {
    conv1 = Conv2d.withoutBias(inputs, outputs, kernel: 3, stride: stride)
    bn1 = BatchNorm(outputs)
    conv2 = Conv2d.withoutBias(outputs, outputs, kernel: 3)
    bn2 = BatchNorm(outputs)
    self.stride = stride
    added = outputs - inputs
    let changes = stride != 1 || inputs != outputs
    downsample =
      changes && shortcut == .projection
      ? Sequential(
        Conv2d.withoutBias(inputs, outputs, kernel: 1, stride: stride), BatchNorm(outputs))
      : nil
  }

  public override func forward(_ x: Tensor) -> Tensor {
    let y = bn2(conv2(bn1(conv1(x)).relu()))
    return (y + bypass(x)).relu()
  }

  private func bypass(_ x: Tensor) -> Tensor {
    if let downsample { return downsample(x) }
    let picked = stride == 1 ? x : x.averagePool(Pooling(window: 1, stride: stride))
    return picked.pad(low: [0, 0, 0, added / 2], high: [0, 0, 0, added - added / 2])
  }
}

extension ResNet {
  /// Its entry in the catalog.
  static func entry(_ depth: Int) -> ModelEntry {
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
}
