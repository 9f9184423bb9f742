/// NaN or infinity in a model's outputs.
public struct NonFiniteOutput: Error, Equatable, Sendable {
  /// The model's name.
  public var model: String
  /// The model's input, such as `example 3 of fashion-mnist test`.
  public var example: String

  /// Outputs of `model` for `example` with NaN or infinity.
  public init(model: String, example: String) { (self.model, self.example) = (model, example) }
}

extension NonFiniteOutput: CustomStringConvertible {
  /// One line: the model, its input, and a remedy.
  public var description: String {
    "the outputs of model '\(model)' for \(example) are not finite; its weights are damaged or diverged: "
      + "train it again with a lower learning rate"
  }
}
