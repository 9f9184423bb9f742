/// An optimizer's update rule, with the hyperparameters that are constant over all steps.
///
/// The learning rate and the step count are inputs of the plan.
public enum OptimizerRule: Sendable, Hashable {
  /// Stochastic gradient descent as PyTorch defines it: `g += decay·p; v = momentum·v + g`, or with
  /// dampening `v = momentum·v + (1 − dampening)·g` after the first step.
  ///
  /// State: one buffer when momentum is not zero.
  case sgd(momentum: Double, dampening: Double = 0, nesterov: Bool, weightDecay: Double)
  /// Adam; with `decoupled` the decay multiplies parameters (AdamW), else it is added to g; with
  /// `amsgrad` the largest second moment so far divides, not the last.
  ///
  /// State: first and second moments, and the largest second ones. Source: Kingma and Ba 2015,
  /// algorithm 1; Loshchilov and Hutter 2019, algorithm 2; Reddi, Kale, Kumar 2018, algorithm 2.
  case adam(
    beta1: Double, beta2: Double, epsilon: Double, weightDecay: Double, decoupled: Bool,
    amsgrad: Bool = false)
  /// RMSprop as PyTorch defines it: `g += decay·p; v = alpha·v + (1 − alpha)·g²`, then
  /// `p -= rate·g/(√v + epsilon)`; `centered` takes the square of the mean gradient off v.
  ///
  /// State: the mean square; the mean gradient when centered; the velocity when momentum is not
  /// zero. Source: Tieleman and Hinton 2012; Graves 2013, section 4.2.
  ///
  /// > Note: Where rounding makes the centered variance negative it counts as zero, while PyTorch
  ///   takes the root and gets NaN.
  case rmsprop(
    alpha: Double, epsilon: Double, momentum: Double, centered: Bool, weightDecay: Double)

  /// The number of state buffers, each as large as the parameters and zero at first.
  public var stateCount: Int {
    switch self {
    case .sgd(let momentum, _, _, _): momentum == 0 ? 0 : 1
    case .adam(_, _, _, _, _, let amsgrad): amsgrad ? 3 : 2
    case .rmsprop(_, _, let momentum, let centered, _):
      1 + (centered ? 1 : 0) + (momentum == 0 ? 0 : 1)
    }
  }
}
