import RetortCore
import RetortNN

/// An optimizer at work on one model: what a step does, and the variables that hold its state.
public struct OptimizerState: Sendable {
  /// What one step does.
  public let update: OptimizerUpdate
  /// Momentum or moments, then the average, as long as the parameters each, zero at first.
  public let variables: [Variable]

  /// Fresh state for the parameters of `store`.
  ///
  /// - Parameters:
  ///   - clipping: How gradients are bounded, if at all.
  ///   - averaging: What mean of the parameters is kept, if any.
  public init(
    _ optimizer: some Optimizer, clipping: GradientClipping? = nil,
    averaging: WeightAveraging? = nil, for store: ParameterStore
  ) {
    update = OptimizerUpdate(optimizer.rule, clipping: clipping, averaging: averaging)
    let names = update.rule.stateNames + (averaging == nil ? [] : ["average"])
    variables = names.map {
      Variable(name: "\(store.name).\($0)", count: store.parameterVariable.count)
    }
  }

  /// The mean of the parameters; nil where none is kept.
  public var average: Variable? { update.averaging == nil ? nil : variables.last }

  /// The Euclidean norm over all parameters of their gradient, one element, where gradients are
  /// clipped by it; nil elsewhere.
  public func norm(of gradient: Tensor) -> Tensor? {
    guard case .norm = update.clipping else { return nil }
    return gradient.square().sum().sqrt()
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
      update, parameters: store.parameterVariable, gradient: gradient, state: variables,
      learningRate: learningRate, step: step, gradientNorm: norm(of: gradient))
  }
}

extension OptimizerRule {
  /// What checkpoints call the state buffers.
  fileprivate var stateNames: [String] {
    switch self {
    case .sgd(let momentum, _, _): momentum == 0 ? [] : ["momentum"]
    case .adam: ["first-moment", "second-moment"]
    case .rmsprop(_, _, let momentum, let centered, _):
      ["second-moment"] + (centered ? ["first-moment"] : []) + (momentum == 0 ? [] : ["momentum"])
    }
  }
}
