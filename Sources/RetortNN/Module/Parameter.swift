import RetortCore

/// An array of weights that a module owns: its shape, its first values, its name in files.
///
/// The values lie in the flat variables of a `ParameterStore`; inside a module's `forward`,
/// `tensor` is the value in the graph that is being built.
public final class Parameter {
  /// Who changes a parameter.
  public enum Role: Hashable, Sendable {
    /// An optimizer, along the gradient.
    case trainable
    /// Batch norm in training mode: the running mean; its variance must follow it.
    case runningMean
    /// Batch norm in training mode: the running unbiased variance, as long as the mean before it.
    case runningVariance
  }

  /// The extents on the device.
  public let shape: Shape
  /// How the first values are drawn.
  public let initialiser: Initialiser
  /// How the elements are ordered in PyTorch's files.
  public let layout: WeightLayout
  /// Who changes it.
  public let role: Role
  /// The key in checkpoints, such as `layer1.0.conv1.weight`; empty before a store holds it.
  public internal(set) var path = ""
  /// Where it begins in its flat variable, in elements.
  public internal(set) var offset = 0
  var binding: ModelBinding?

  /// A parameter of the given shape.
  public init(
    _ shape: Shape, _ initialiser: Initialiser, layout: WeightLayout = .plain,
    role: Role = .trainable
  ) {
    self.shape = shape
    self.initialiser = initialiser
    self.layout = layout
    self.role = role
  }

  /// The value in the graph of the forward pass that is being built.
  ///
  /// To be read inside `forward` only, of a module that a `ParameterStore` holds.
  public var tensor: Tensor {
    guard let binding, let context = binding.context else {
      preconditionFailure(
        "parameter '\(path)' was read outside a forward pass; call model(x, in: context) on a "
          + "model that a ParameterStore holds")
    }
    return binding.tensor(self, in: context.graph)
  }
}
