import RetortCore
import RetortNN

/// VGG with batch norm for small images: five blocks of 3×3 convolutions of w, 2w, 4w, 8w and 8w
/// channels, 2×2 max pooling after the first three, the mean over the image, one linear layer.
///
/// Images of 64 rows are pooled after the fourth block too. Keys are those of RepDistiller's `VGG`
/// with `batch_norm=True`; its `vgg8_bn` has one convolution in each block.
///
/// Source: [Simonyan and Zisserman 2015](https://arxiv.org/abs/1409.1556), table 1; batch norm and
/// the single linear layer are RepDistiller's.
public final class VGG: Module {
  /// Convolutions, each followed by batch norm, with ReLU between them.
  public let blocks: [Sequential]
  /// From 8w features to logits.
  public let classifier: Linear
  private let pooled: Int

  /// A network for images of the given size; nil where the image is too small to be pooled so often.
  ///
  /// - Parameters:
  ///   - image: The extents of pictures.
  ///   - classes: The number of logits.
  ///   - convolutions: How many each of the five blocks has.
  ///   - width: w, the channels of the first block.
  ///   - pools: After how many blocks to pool; 0 for what RepDistiller does: four where images have 64
  ///     rows, else three.
  public init?(
    image: ImageSize, classes: Int, convolutions: [Int], width: Int = 64, pools: Int = 0
  ) {
    pooled = pools > 0 ? pools : image.height == 64 ? 4 : 3
    guard min(image.height, image.width) >= 1 << pooled else { return nil }
    var inputs = image.channels
    blocks = zip(convolutions, [1, 2, 4, 8, 8]).map { count, multiple in
      var layers: [Module] = []
      for index in 0..<count {
        if index > 0 { layers.append(ReLU()) }
        layers += VGG.normalised(inputs, multiple * width)
        inputs = multiple * width
      }
      return Sequential(layers)
    }
    classifier = Linear(
      inputs, classes, initialiser: .normal(deviation: 0.01), biasInitialiser: .zeros)
  }

  public override var children: [(key: String, module: Module)] {
    blocks.enumerated().map { ("block\($0.offset)", $0.element) } + [("classifier", classifier)]
  }

  public override func forward(_ x: Tensor) -> Tensor {
    let features = blocks.enumerated().reduce(x) { y, block in
      let active = block.element(y).relu()
      return block.offset < pooled ? active.maxPool(Pooling(window: 2)) : active
    }
    return classifier(features.globalAveragePool())
  }

  private static func normalised(_ inputs: Int, _ outputs: Int) -> [Module] {
    let convolution = Conv2d(
      inputs, outputs, kernel: 3, padding: 1, initialiser: .kaimingNormal(fan: outputs * 9),
      biasInitialiser: .zeros)
    return [convolution, BatchNorm(outputs)]
  }
}

extension VGG {
  /// Its entry in the catalog.
  static func entry(_ depth: Int, _ convolutions: [Int]) -> ModelEntry {
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
        return try ModelEntry.sized("vgg\(depth)", image, least: pools > 0 ? 1 << pools : 8) {
          VGG(
            image: image, classes: classes, convolutions: convolutions,
            width: options.int("width"), pools: pools)
        }
      })
  }
}
