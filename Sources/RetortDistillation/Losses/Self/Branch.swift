import RetortCore
import RetortNN

/// Layers from a student's map to logits of their own: a bottleneck to the size and the channels of a deeper map, the
/// mean over places, and a linear layer.
public class Branch: Module {
  private let bottleneck: Sequential
  private let fc: Linear

  /// - Parameters:
  ///   - shape: The map, `[batch, height, width, channels]`.
  ///   - deepest: The map that it is brought to.
  ///   - classes: The number of logits.
  init(from shape: Shape, to deepest: Shape, classes: Int) {
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
