import RetortCore
import RetortNN

/// ConvNeXt: 7×7 depthwise convolutions with the layer norms, linear layers and GELU of a transformer.
///
/// Four stages of widths w, 2w, 4w and 8w over patches of 4×4, each later one of half the rows and columns.
/// Keys are those of torchvision's `convnext_tiny`. No block is skipped at random in training (stochastic
/// depth).
///
/// Source: [Liu et al. 2022](https://arxiv.org/abs/2201.03545), table 9 and figure 4.
public final class ConvNeXt: Module {
  /// How many rows and columns of the image become one.
  static let reduction = 32

  /// Stem, and stages with a halving between each two.
  public let features: Sequential
  /// A layer norm and a linear layer.
  public let classifier: Sequential

  /// A network for images of the given size; nil where nothing would be left of the image.
  ///
  /// - Parameters:
  ///   - image: The extents of pictures.
  ///   - classes: The number of logits.
  ///   - counts: The blocks of each stage; ConvNeXt-T's unless given.
  ///   - width: w, the channels of the first stage.
  public init?(image: ImageSize, classes: Int, counts: [Int] = [3, 3, 9, 3], width: Int = 96) {
    guard min(image.height, image.width) >= ConvNeXt.reduction else { return nil }
    var layers: [Module] = [
      Sequential(
        Conv2d.convNeXt(image.channels, width, kernel: 4, stride: 4),
        LayerNorm(width, epsilon: 1e-6))
    ]
    for (stage, count) in counts.enumerated() {
      let channels = width << stage
      layers.append(Sequential((0..<count).map { _ in ConvNeXtBlock(channels) }))
      guard stage < counts.count - 1 else { continue }
      layers.append(
        Sequential(
          LayerNorm(channels, epsilon: 1e-6),
          Conv2d.convNeXt(channels, 2 * channels, kernel: 2, stride: 2)))
    }
    features = Sequential(layers)
    let last = width << (counts.count - 1)
    classifier = Sequential(
      LayerNorm(last, epsilon: 1e-6), Identity(), Linear.convNeXt(last, classes))
  }

  public override func forward(_ x: Tensor) -> Tensor {
    classifier(features(x).globalAveragePool())
  }
}

/// A depthwise convolution, layer norm and two linear layers with GELU between them, scaled per channel and added to
/// the input.
///
/// Source: [Liu et al. 2022](https://arxiv.org/abs/2201.03545), figure 4.
public final class ConvNeXtBlock: Module {
  /// The factor of each channel, `[channels, 1, 1]`, 10⁻⁶ at first.
  public let layerScale: Parameter
  /// The layers, in order; torchvision's other two only move axes.
  public let block: Sequential

  init(_ channels: Int) {
    layerScale = Parameter([channels, 1, 1], .constant(1e-6))
    block = Sequential(
      Conv2d.convNeXt(channels, channels, kernel: 7, padding: 3, groups: channels), Identity(),
      LayerNorm(channels, epsilon: 1e-6), Linear.convNeXt(channels, 4 * channels), GELU(),
      Linear.convNeXt(4 * channels, channels), Identity())
  }

  public override func forward(_ x: Tensor) -> Tensor {
    x + block(x) * layerScale.tensor.reshape([layerScale.shape[0]])
  }
}

extension Conv2d {
  /// A convolution drawn as torchvision's ConvNeXt is.
  fileprivate static func convNeXt(
    _ inputs: Int, _ outputs: Int, kernel: Int, stride: Int = 1, padding: Int = 0, groups: Int = 1
  ) -> Conv2d {
    Conv2d(
      inputs, outputs, kernel: kernel, stride: stride, padding: padding, groups: groups,
      initialiser: .truncatedNormal(deviation: 0.02), biasInitialiser: .zeros)
  }
}

extension Linear {
  /// A layer drawn as torchvision's ConvNeXt is.
  fileprivate static func convNeXt(_ inputs: Int, _ outputs: Int) -> Linear {
    Linear(
      inputs, outputs, initialiser: .truncatedNormal(deviation: 0.02), biasInitialiser: .zeros)
  }
}

extension ConvNeXt {
  /// Its entry in the catalog.
  static let entry = ModelEntry(
    name: "convnext-tiny",
    summary: "depthwise 7×7 convolutions with a transformer's norms and linear layers",
    source: "Liu et al. 2022, table 9", role: .classifier,
    options: [ModelOption("width", "channels of the first stage", 96, 1...2048)],
    make: { options, image, classes throws(ModelError) in
      try ModelEntry.sized("convnext-tiny", image, least: ConvNeXt.reduction) {
        ConvNeXt(image: image, classes: classes, width: options.int("width"))
      }
    })
}
