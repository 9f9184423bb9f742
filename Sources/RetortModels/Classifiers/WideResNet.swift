import RetortCore
import RetortNN

/// The wide residual network for small images: depth `6n + 4`, widths kw, 2kw and 4kw.
///
/// A 3×3 convolution to w channels, three stages of n pre-activated blocks, the second and third
/// of which halve the image, batch norm with ReLU, the mean over the image, and a linear layer.
/// Keys are those of RepDistiller's `WideResNet`, whose `wrn_40_2` is a network of n = 6, k = 2.
///
/// Source: [Zagoruyko and Komodakis 2016](https://arxiv.org/abs/1605.07146), table 1.
public final class WideResNet: Module {
  /// The stem, without bias.
  public let conv1: Conv2d
  /// n blocks of width kw.
  public let block1: Sequential
  /// n blocks of width 2kw; the first has stride 2.
  public let block2: Sequential
  /// n blocks of width 4kw; the first has stride 2.
  public let block3: Sequential
  /// Follows the last block.
  public let bn1: BatchNorm
  /// From 4kw features to logits.
  public let fc: Linear

  /// A network of `6 · blocks + 4` layers.
  ///
  /// - Parameters:
  ///   - channels: Numbers per pixel.
  ///   - classes: The number of logits.
  ///   - blocks: Residual blocks of each of the three groups.
  ///   - widening: k, at least 1.
  ///   - width: w, the channels of the stem.
  ///   - dropout: The share dropped between a block's convolutions.
  public init(
    channels: Int, classes: Int, blocks: Int, widening: Int, width: Int = 16, dropout: Double = 0
  ) {
    let first = widening * width
    func stage(_ inputs: Int, _ outputs: Int, stride: Int) -> Sequential {
      Sequential(
        (0..<blocks).map {
          PreactivatedBlock(
            $0 == 0 ? inputs : outputs, outputs, stride: $0 == 0 ? stride : 1, dropout: dropout)
        })
    }
    conv1 = Conv2d.withoutBias(channels, width, kernel: 3)
    block1 = stage(width, first, stride: 1)
    block2 = stage(first, 2 * first, stride: 2)
    block3 = stage(2 * first, 4 * first, stride: 2)
    bn1 = BatchNorm(4 * first)
    fc = Linear(4 * first, classes, biasInitialiser: .zeros)
  }

  public override var renamed: [String: String] {
    ["block1": "block1.layer", "block2": "block2.layer", "block3": "block3.layer"]
  }

  public override func forward(_ x: Tensor) -> Tensor {
    let features = block3(block2(block1(conv1(x))))
    return fc(bn1(features).relu().globalAveragePool())
  }
}

/// Batch norm and ReLU before each of two 3×3 convolutions, around which the input passes.
///
/// Where the channels change, a 1×1 convolution of the activated input takes the input's place.
///
/// Source: [Zagoruyko and Komodakis 2016](https://arxiv.org/abs/1605.07146), figure 1 (d).
public final class PreactivatedBlock: Module {
  /// Precedes the first convolution.
  public let bn1: BatchNorm
  /// The first convolution, which has the block's stride.
  public let conv1: Conv2d
  /// Precedes the second convolution.
  public let bn2: BatchNorm
  /// The second convolution.
  public let conv2: Conv2d
  /// Brings the input to the output's size; nil where it has it.
  public let convShortcut: Conv2d?
  private let dropout: Dropout

  /// A block from `inputs` to `outputs` channels; equal channels allow no stride but 1.
  public init(_ inputs: Int, _ outputs: Int, stride: Int, dropout: Double) {
    bn1 = BatchNorm(inputs)
    conv1 = Conv2d.withoutBias(inputs, outputs, kernel: 3, stride: stride)
    bn2 = BatchNorm(outputs)
    conv2 = Conv2d.withoutBias(outputs, outputs, kernel: 3)
    convShortcut =
      inputs == outputs
      ? nil : Conv2d.withoutBias(inputs, outputs, kernel: 1, stride: stride)
    self.dropout = Dropout(dropout)
  }

  public override var renamed: [String: String] { ["convShortcut": "convShortcut"] }

  public override func forward(_ x: Tensor) -> Tensor {
    let active = bn1(x).relu()
    let y = conv2(dropout(bn2(conv1(active)).relu()))
    return (convShortcut.map { $0(active) } ?? x) + y
  }
}

extension WideResNet {
  /// Its entry in the catalog.
  static func entry(_ depth: Int, _ widening: Int) -> ModelEntry {
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
}
