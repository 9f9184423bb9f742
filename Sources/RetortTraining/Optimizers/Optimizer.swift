import RetortCore

/// A way to follow gradients: a rule with its constants and a base learning rate.
public protocol Optimizer: Sendable {
  /// The learning rate before a schedule scales it.
  var learningRate: Double { get }
  /// What one step does to parameters and state.
  var rule: OptimizerRule { get }
}
