import RetortCore
import RetortNN

/// Linear layers `fc1`, `fc2`, … with ReLU between them; images are flattened first.
///
/// Source: Rumelhart, Hinton and Williams 1986; 784-512-256-10 is the usual size for MNIST.
public final class MLP: Module {
  /// The layers, in order.
  public let layers: [Linear]

  /// A network from `inputs` features through hidden layers to `classes` logits.
  ///
  /// - Parameters:
  ///   - inputs: Numbers of one example.
  ///   - hidden: Features of each hidden layer.
  ///   - classes: The number of logits.
  ///   - image: What the inputs are a flattening of, if they are one.
  public init(inputs: Int, hidden: [Int], classes: Int, image: ImageSize? = nil) {
    let sizes = [inputs] + hidden + [classes]
    layers = zip(sizes, sizes.dropFirst()).enumerated().map { index, pair in
      Linear(pair.0, pair.1, flattening: index == 0 ? image : nil)
    }
  }

  public override var children: [(key: String, module: Module)] {
    layers.enumerated().map { ("fc\($0.offset + 1)", $0.element) }
  }

  public override func forward(_ x: Tensor) -> Tensor {
    layers.dropFirst().reduce(layers[0](x.flatten())) { $1($0.relu()) }
  }
}

extension MLP {
  /// Its entry in the catalog.
  static let entry = ModelEntry(
    name: "mlp", summary: "linear layers with ReLU between them",
    source: "Rumelhart, Hinton, Williams 1986", role: .classifier,
    options: [
      ModelOption("hidden1", "features of the first hidden layer", 512, 1...65536),
      ModelOption("hidden2", "features of the second; 0 for none", 256, 0...65536),
      ModelOption("hidden3", "features of the third; 0 for none", 0, 0...65536),
    ],
    make: { options, image, classes in
      let hidden = ["hidden1", "hidden2", "hidden3"].map { options.int($0) }.filter { $0 > 0 }
      return MLP(inputs: image.count, hidden: hidden, classes: classes, image: image)
    })
}
