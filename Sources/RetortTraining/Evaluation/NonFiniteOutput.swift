/// A model's outputs that are no numbers to go by: NaN or infinity.
public struct NonFiniteOutput: Error, Equatable, Sendable {
  /// The model.
  public var model: String
  /// What it was given, such as `example 3 of fashion-mnist test`.
  public var example: String

  /// Outputs of `model` for `example` that are not finite.
  public init(model: String, example: String) { (self.model, self.example) = (model, example) }
}

extension NonFiniteOutput: CustomStringConvertible {
  /// One line: which model, for what, and the way out.
  public var description: String {
    "the outputs of model '\(model)' for \(example) are not finite; its weights are damaged or diverged: "
      + "train it again with a lower learning rate"
  }
}
