/// A change to a variable that a plan makes after everything in its phase has been computed.
public enum Effect {
  /// The variable from `offset` on becomes the tensor.
  case assign(Variable, offset: Int, Tensor)
  /// One optimizer step over a flat parameter variable.
  ///
  /// - `gradient` is flat and as long as the parameters; `learningRate` has one float32 element,
  ///   `step` one int32 element that counts from 0, and `gradientNorm`, which clipping by norm
  ///   needs, one float32 element. `scaling`, which an update of scaled gradients needs, has two
  ///   float32 elements: what the gradient is multiplied by, 0 for a step that changes nothing, and
  ///   how many earlier steps have changed nothing. `gradientNorm` is that of the product.
  ///   `momentum`, where each step has its own, has one float32 element; `decaying`, where some
  ///   parameters do not decay, is as long as they are: 1, or 0 for those.
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

  /// The values that the change is made of, in order.
  var tensors: [Tensor] {
    switch self {
    case .assign(_, _, let tensor): [tensor]
    case .optimize(
      _, _, let gradient, _, let rate, let step, let norm, let scaling, let momentum, let decaying):
      [gradient, rate, step] + [norm, scaling, momentum, decaying].compactMap { $0 }
    }
  }
}
