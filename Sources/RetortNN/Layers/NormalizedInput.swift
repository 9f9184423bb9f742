import RetortCore

/// A model of pictures behind the normalisation that it was trained with: `(x − mean) / deviation` per channel.
///
/// Gradients flow through to the pictures. Weights and taps keep the names that the model gives them.
///
/// Source: torchvision's `transforms.Normalize`.
public final class NormalizedInput: Module {
  /// The model itself.
  public let model: Module
  /// The mean of each channel, which maps to 0; or one for all.
  public let mean: [Float]
  /// The divisor of each channel after subtracting the mean, greater than 0; or one for all.
  public let deviation: [Float]

  /// `model` behind a normalisation with one mean and one deviation, or one of each per channel.
  public init(_ model: Module, mean: [Float], deviation: [Float]) {
    precondition(deviation.allSatisfy { $0 > 0 }, "deviations must be greater than 0")
    (self.model, self.mean, self.deviation) = (model, mean, deviation)
  }

  /// The model keeps its paths.
  public override var children: [(key: String, module: Module)] { [("", model)] }

  /// The model's result for pictures `[batch, height, width, channels]`.
  public override func forward(_ x: Tensor) -> Tensor { model(normalized(x)) }

  /// The model's result for examples whose first field is the picture.
  public override func forward(_ example: Example) -> Tensor {
    let first = (example.fields[0].name, normalized(example.x))
    return model(Example([first] + example.fields.dropFirst()))
  }

  private func normalized(_ x: Tensor) -> Tensor {
    Self.normalized(x, mean: mean, deviation: deviation)
  }

  /// `(x − mean) / deviation`, of each channel of pictures `[batch, height, width, channels]`, or of all alike.
  package static func normalized(_ x: Tensor, mean: [Float], deviation: [Float]) -> Tensor {
    let scale = deviation.map { 1 / $0 }
    return (x - x.graph.constant(mean, [mean.count])) * x.graph.constant(scale, [scale.count])
  }
}
