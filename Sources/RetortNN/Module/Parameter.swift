import RetortCore

/// An array of weights of a module: its shape, its initialiser, its name in files.
///
/// The values lie in the flat variables of a `ParameterStore`; inside `forward`, `tensor` is the value in the
/// current graph.
public final class Parameter {
  /// The rule by which a parameter changes in training.
  public enum Role: Hashable, Sendable {
    /// Updated by an optimizer along the gradient.
    case trainable
    /// A running mean, updated by batch norm in training mode; its variance must follow it.
    case runningMean
    /// A running unbiased variance, updated by batch norm in training mode, as long as the mean before it.
    case runningVariance
    /// What a module remembers from step to step, by its own rule; see `ForwardContext.remember`.
    case memory
    /// Never changed: the model takes it over from another.
    case fixed

    /// Whether it is a running mean or variance.
    var isStatistic: Bool { self == .runningMean || self == .runningVariance }
  }

  /// The shape on the device.
  public let shape: Shape
  /// The distribution of the first values.
  public let initialiser: Initialiser
  /// The layout in PyTorch's files.
  public let layout: WeightLayout
  /// The rule by which the parameter changes in training.
  public let role: Role
  /// The key in checkpoints, such as `layer1.0.conv1.weight`; empty before a store holds it.
  public internal(set) var path = ""
  /// The offset in its flat variable, in elements.
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

  /// The value in the graph of the current forward pass.
  ///
  /// Valid inside `forward` only, for a module that a `ParameterStore` holds.
  public var tensor: Tensor {
    guard let binding, let context = binding.context else {
      preconditionFailure(
        "parameter '\(path)' was read outside a forward pass; call model(x, in: context) on a "
          + "model that a ParameterStore holds")
    }
    return binding.tensor(self, in: context.graph)
  }
}
