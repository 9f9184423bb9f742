import Foundation
import RetortModels
import RetortNN
import RetortTestSupport

/// What PyTorch computed with one model, as the scripts in `Tests/Goldens/models` print it.
struct ModelRecord: Decodable {
  /// The catalog's name of the model.
  let model: String
  let options: [String: Double]
  let classes: Int
  /// Channels, height, width.
  let image: [Int]
  /// What weights of several axes are multiplied by; 1 where there is none.
  let gain: Double?
  /// Names and shapes of all weights, in PyTorch's order.
  let names: [String]
  let shapes: [[Int]]
  /// In evaluation mode, `[batch, classes]`.
  let logits: [Float]
  /// Cross-entropy in training mode, without dropout.
  let loss: Float
  /// Of that loss, by names; large tensors are left out.
  let gradients: [String: [Float]]
  /// The greatest `‖a - b‖ / ‖b‖` of PyTorch's own gradients in float32.
  let float32: Double

  static let batch = 4

  static func read(_ name: String) throws -> ModelRecord {
    let file = URL(fileURLWithPath: "\(Goldens.folder)/models/\(name).json")
    return try JSONDecoder().decode(ModelRecord.self, from: Data(contentsOf: file))
  }

  /// The catalog's model, without weights.
  func store(isFrozen: Bool = false) throws -> ParameterStore {
    let size = ImageSize(height: image[1], width: image[2], channels: image[0])
    let module = try ModelCatalog.make(model, options: options, for: .image(size), classes: classes)
    return ParameterStore(module, name: "model", isFrozen: isFrozen)
  }

  /// The weights, by the rule of `recording.py`.
  var weights: [NamedWeights] {
    zip(names, shapes).enumerated().map { number, tensor in
      let (name, shape) = tensor
      let (count, inner) = (shape.reduce(1, *), shape.dropFirst().reduce(1, *))
      let values = (0..<count).map { index -> Float in
        let u = noise(index, number)
        if name.hasSuffix("running_var") || (shape.count == 1 && name.hasSuffix("weight")) {
          return Float(0.5 + u)
        }
        return shape.count == 1
          ? Float(0.2 * u - 0.1)
          : Float((2 * u - 1) * (gain ?? 1) * (3 / Double(inner)).squareRoot())
      }
      return NamedWeights(name: name, shape: shape, values: values)
    }
  }

  /// `[batch, height, width, channels]`, by the rule of `recording.py`.
  var images: [Float] {
    let (channels, pixels) = (image[0], image[1] * image[2])
    return (0..<ModelRecord.batch * pixels * channels).map { index in
      let (picture, rest) = index.quotientAndRemainder(dividingBy: pixels * channels)
      let (pixel, channel) = rest.quotientAndRemainder(dividingBy: channels)
      let source = (picture * channels + channel) * pixels + pixel
      return Float(40 * noise(source, -1) - Double(10 * picture))
    }
  }

  /// int32 `[batch]`, by the rule of `recording.py`.
  var labels: [Int32] { (0..<ModelRecord.batch).map { Int32(3 * $0 % classes) } }

  private func noise(_ index: Int, _ number: Int) -> Double {
    let value = sin(Double(index + 1) * 12.9898 + Double(number + 1) * 78.233) * 43758.5453
    return value - value.rounded(.down)
  }
}
