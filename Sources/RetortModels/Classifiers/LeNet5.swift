import RetortCore
import RetortNN

/// Two 5×5 convolutions with ReLU and 2×2 max pooling, then linear layers `fc1`, `fc2`, ….
///
/// The modern form: ReLU for tanh, max pooling for trained subsampling, a full second convolution.
///
/// Source: LeCun, Bottou, Bengio and Haffner 1998, figure 2.
public final class LeNet5: Module {
  /// The first convolution, padded to keep the image's size.
  public let conv1: Conv2d
  /// The second convolution.
  public let conv2: Conv2d
  /// The linear layers; the last gives logits.
  public let layers: [Linear]

  /// How wide the layers are.
  public struct Widths: Hashable, Sendable {
    /// Channels of the first convolution.
    public var first: Int
    /// Channels of the second convolution.
    public var second: Int
    /// Padding of the second convolution.
    public var secondPadding: Int
    /// Features of the hidden linear layers.
    public var hidden: [Int]

    /// Widths of all layers but the last.
    public init(first: Int, second: Int, secondPadding: Int, hidden: [Int]) {
      (self.first, self.second) = (first, second)
      (self.secondPadding, self.hidden) = (secondPadding, hidden)
    }

    /// LeNet-5 itself: 6 and 16 channels, 120 and 84 features.
    public static let original = Widths(first: 6, second: 16, secondPadding: 0, hidden: [120, 84])
    /// A student of the same size: 8 and 16 channels, both padded, 64 features.
    public static let small = Widths(first: 8, second: 16, secondPadding: 2, hidden: [64])
  }

  /// A network for images of the given size.
  ///
  /// Nil where the image is too small to be pooled twice.
  public init?(image: ImageSize, classes: Int, widths: Widths = .original) {
    let (first, second) = (widths.first, widths.second)
    let shrink = 4 - 2 * widths.secondPadding
    let height = (image.height / 2 - shrink) / 2
    let width = (image.width / 2 - shrink) / 2
    guard height >= 1, width >= 1 else { return nil }
    conv1 = Conv2d(image.channels, first, kernel: 5, padding: 2)
    conv2 = Conv2d(first, second, kernel: 5, padding: widths.secondPadding)
    let features = ImageSize(height: height, width: width, channels: second)
    let sizes = [features.count] + widths.hidden + [classes]
    layers = zip(sizes, sizes.dropFirst()).enumerated().map { index, pair in
      Linear(pair.0, pair.1, flattening: index == 0 ? features : nil)
    }
  }

  public override var children: [(key: String, module: Module)] {
    [("conv1", conv1), ("conv2", conv2)]
      + layers.enumerated().map { ("fc\($0.offset + 1)", $0.element) }
  }

  public override func forward(_ x: Tensor) -> Tensor {
    var y = conv1(x).relu().maxPool(Pooling(window: 2))
    y = conv2(y).relu().maxPool(Pooling(window: 2)).flatten()
    return layers.dropFirst().reduce(layers[0](y)) { $1($0.relu()) }
  }
}

extension LeNet5 {
  /// Its entry in the catalog.
  static let entry = ModelEntry(
    name: "lenet5", summary: "convolutions of 6 and 16 channels, 120 and 84 features",
    source: "LeCun, Bottou, Bengio, Haffner 1998", role: .classifier, options: [],
    make: { _, image, classes throws(ModelError) in
      try ModelEntry.sized("lenet5", image, least: 12) { LeNet5(image: image, classes: classes) }
    })

  /// Its entry in the catalog.
  static let smallEntry = ModelEntry(
    name: "lenet5-small", summary: "padded convolutions of 8 and 16 channels, 64 features",
    source: "LeCun, Bottou, Bengio, Haffner 1998; widths are the project's", role: .classifier,
    options: [],
    make: { _, image, classes throws(ModelError) in
      try ModelEntry.sized("lenet5-small", image, least: 4) {
        LeNet5(image: image, classes: classes, widths: .small)
      }
    })
}
