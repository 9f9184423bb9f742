/// A change of variables that a plan makes after everything in its phase has been computed.
public enum Effect {
  /// Copies the tensor into the variable from element `offset` on.
  case assign(Variable, offset: Int, Tensor)
  /// One optimizer step over a flat parameter variable.
  ///
  /// - `gradient` is flat and as long as the parameters; `learningRate` has one float32 element, `step` one
  ///   int32 element that counts from 0, and `gradientNorm`, required for clipping by norm, one float32
  ///   element. `scaling`, required for scaled gradients, has two float32 elements: the factor that unscales
  ///   the gradient, 0 to skip the step, and the number of steps skipped before; `gradientNorm` is that of
  ///   the unscaled gradient. `momentum`, required where it varies by step, has one float32 element;
  ///   `decaying`, required where some parameters have no weight decay, is as long as the parameters: 1, or 0
  ///   for those.
  case optimize(
    OptimizerUpdate, parameters: Variable, gradient: Tensor, state: [Variable],
    learningRate: Tensor, step: Tensor, gradientNorm: Tensor? = nil, scaling: Tensor? = nil,
    momentum: Tensor? = nil, decaying: Tensor? = nil)

  /// The variables that are changed.
  var variables: [Variable] {
    switch self {
    case .assign(let variable, _, _): [variable]
    case .optimize(_, let parameters, _, let state, _, _, _, _, _, _): [parameters] + state
    }
  }

  /// The tensors that the change reads, in order.
  var tensors: [Tensor] {
    switch self {
    case .assign(_, _, let tensor): [tensor]
    case .optimize(
      _, _, let gradient, _, let rate, let step, let norm, let scaling, let momentum, let decaying):
      [gradient, rate, step] + [norm, scaling, momentum, decaying].compactMap { $0 }
    }
  }
}
