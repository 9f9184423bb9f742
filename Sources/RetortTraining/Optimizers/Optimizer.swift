import RetortCore
import RetortNN

/// A way to follow gradients: a rule with its constants and a base learning rate.
public protocol Optimizer: Sendable {
  /// The learning rate before a schedule scales it.
  var learningRate: Double { get }
  /// What one step does to parameters and state.
  var rule: OptimizerRule { get }
}

/// An optimizer at work on one model: the rule and the variables that hold its state.
public struct OptimizerState: Sendable {
  /// What one step does.
  public let rule: OptimizerRule
  /// Momentum or moments, as long as the parameters each, zero at first.
  public let variables: [Variable]

  /// Fresh state for the parameters of `store`.
  public init(_ optimizer: some Optimizer, for store: ParameterStore) {
    rule = optimizer.rule
    let names =
      switch optimizer.rule {
      case .sgd: ["momentum"]
      case .adam: ["first-moment", "second-moment"]
      }
    variables = (0..<optimizer.rule.stateCount).map { index in
      Variable(name: "\(store.name).\(names[index])", count: store.parameterVariable.count)
    }
  }

  /// The effect of one step.
  ///
  /// - Parameters:
  ///   - gradient: Flat, as `ParameterStore.gradient(of:)` makes it.
  ///   - learningRate: float32, one element.
  ///   - step: int32, one element, counts from 0.
  public func effect(
    on store: ParameterStore, gradient: Tensor, learningRate: Tensor, step: Tensor
  ) -> Effect {
    .optimize(
      rule, parameters: store.parameterVariable, gradient: gradient, state: variables,
      learningRate: learningRate, step: step)
  }
}
