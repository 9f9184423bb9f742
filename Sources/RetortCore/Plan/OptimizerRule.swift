/// How parameters follow their gradient; hyperparameters that do not change from step to step.
///
/// The learning rate and the step count are inputs of the plan.
public enum OptimizerRule: Sendable, Hashable {
  /// Stochastic gradient descent as PyTorch defines it: `g += decay·p; v = momentum·v + g`.
  ///
  /// State: one buffer when momentum is not zero.
  case sgd(momentum: Double, nesterov: Bool, weightDecay: Double)
  /// Adam; with `decoupled` the decay multiplies parameters (AdamW), else it is added to g.
  ///
  /// State: first and second moments. Source: Kingma and Ba 2015, algorithm 1; Loshchilov and
  /// Hutter 2019, algorithm 2.
  case adam(
    beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double, decoupled: Bool)

  /// The number of state buffers, each as large as the parameters and zero at first.
  public var stateCount: Int {
    switch self {
    case .sgd(let momentum, _, _): momentum == 0 ? 0 : 1
    case .adam: 2
    }
  }
}

/// A change to a variable that a plan makes after everything has been computed.
public enum Effect {
  /// The variable from `offset` on becomes the tensor.
  case assign(Variable, offset: Int, Tensor)
  /// One optimizer step over a flat parameter variable.
  ///
  /// - `gradient` is flat and as long as the parameters; `learningRate` has one float32 element,
  ///   `step` one int32 element that counts from 0.
  case optimize(
    OptimizerRule, parameters: Variable, gradient: Tensor, state: [Variable],
    learningRate: Tensor, step: Tensor)
}
