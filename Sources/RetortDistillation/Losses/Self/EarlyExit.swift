import RetortCore
import RetortNN

/// A classifier behind an earlier layer of a student: a bottleneck from that layer's map to the size and the channels
/// of a deeper one, the mean over places, and a linear layer.
///
/// Source: Zhang et al. 2019, arXiv 1905.08094, section 3.1.
public final class EarlyExit: Module {
  /// The path of the student's module that it stands behind.
  public let module: String
  private let bottleneck: Sequential
  private let fc: Linear

  /// - Parameters:
  ///   - module: The path of the student's module.
  ///   - shape: The module's map, `[batch, height, width, channels]`.
  ///   - deepest: The map that it is brought to.
  ///   - classes: The number of logits.
  init(behind module: String, from shape: Shape, to deepest: Shape, classes: Int) {
    self.module = module
    var layers: [Module] = []
    var (height, channels) = (shape[1], shape[3])
    repeat {
      // Each halves the map; where it need not shrink, one keeps its size.
      let stride = height > deepest[1] ? 2 : 1
      layers += [
        Conv2d(channels, deepest[3], kernel: 3, stride: stride, padding: 1, bias: false),
        BatchNorm(deepest[3]), ReLU(),
      ]
      (height, channels) = ((height - 1) / stride + 1, deepest[3])
    } while height > deepest[1]
    bottleneck = Sequential(layers)
    fc = Linear(deepest[3], classes)
  }

  /// The map at the deeper one's size, and the logits `[batch, classes]` of its mean over places.
  func features(_ x: Tensor) -> (map: Tensor, logits: Tensor) {
    let map = bottleneck(x)
    return (map, fc(map.globalAveragePool()))
  }
}

extension AdaptedModel {
  /// The classifiers behind earlier layers, in order; empty without a loss that trains some.
  public var earlyExits: [EarlyExit] {
    adapters.flatMap(\.modules).compactMap { $0 as? EarlyExit }
  }

  /// The logits `[batch, classes]` of one of `earlyExits` in evaluation mode; they do not depend on the layers behind
  /// its module.
  public func logits(of exit: EarlyExit, for examples: Example, in graph: Graph) -> Tensor {
    let context = ForwardContext(graph, .evaluation, tapping: [exit.module])
    guard let map = try? taps(examples, in: context).value(exit.module) else {
      preconditionFailure("exits stand behind modules of the student")
    }
    return using(context) { exit.features(map).logits }
  }
}
