import RetortCore
import RetortNN

/// An optimizer applied to one model: its update and the variables with its state.
public struct OptimizerState: Sendable {
  /// The update of one step.
  public let update: OptimizerUpdate
  /// Momentum or moments and then the average, each as long as the parameters, then the state of the loss
  /// scale; zero at first.
  public let variables: [Variable]
  /// The state of loss scaling; nil where gradients are not scaled.
  let lossScale: LossScale?
  /// 1 for each parameter that decays, else 0; nil where all do.
  private let decaying: [Float]?

  /// Fresh state for the parameters of `store`.
  ///
  /// - Parameters:
  ///   - optimizer: The rule with its constants.
  ///   - clipping: The clipping of gradients; nil for none.
  ///   - averaging: The average of the parameters to keep; nil for none.
  ///   - lossScaling: The loss scaling, needed for products in fp16; nil for none.
  ///   - decays: The parameters that weight decay applies to.
  ///   - cyclesMomentum: Whether the schedule sets the momentum of each step, or β₁ for Adam; the optimizer's
  ///     own momentum is then unused, but must not be zero except for Adam.
  ///   - store: The model whose parameters are updated.
  public init(
    _ optimizer: some Optimizer, clipping: GradientClipping? = nil,
    averaging: WeightAveraging? = nil, lossScaling: LossScaling? = nil,
    decays: DecayScope = DecayScope(), cyclesMomentum: Bool = false, for store: ParameterStore
  ) {
    decaying = decays.mask(of: store)
    update = OptimizerUpdate(
      optimizer.rule, clipping: clipping, averaging: averaging, isScaled: lossScaling != nil,
      cyclesMomentum: cyclesMomentum, decaysPartly: decaying != nil)
    let names = update.rule.stateNames + (averaging == nil ? [] : ["average"])
    lossScale = lossScaling.map { LossScale($0, name: "\(store.name).loss-scale") }
    variables =
      names.map { Variable(name: "\(store.name).\($0)", count: store.parameterVariable.count) }
      + (lossScale.map { [$0.variable] } ?? [])
  }

  /// The average of the parameters; nil where none is kept.
  public var average: Variable? { update.averaging == nil ? nil : variables[update.stateCount - 1] }

  /// The scalar to differentiate in order to minimise `loss`: the loss, scaled if there is a loss scale.
  public func scaled(_ loss: Tensor) -> Tensor {
    lossScale.map { loss * $0.scale(in: loss.graph) } ?? loss
  }

  /// The optimizer's values to log beside the losses of a step.
  ///
  /// - Parameter gradient: The gradient of the scaled loss.
  /// - Returns: The Euclidean norm of the unscaled gradient over all parameters if it is clipped by norm, and
  ///   the loss scale if there is one.
  func observations(_ gradient: Tensor) -> [LossTerm] {
    let scale = lossScale?.scale(in: gradient.graph)
    return (norm(of: gradient).map { [LossTerm("gradient-norm", $0)] } ?? [])
      + (scale.map { [LossTerm(LossScale.name, $0)] } ?? [])
  }

  // 0 for a gradient that is not finite, as the step is skipped.
  private func norm(of gradient: Tensor) -> Tensor? {
    guard case .norm = update.clipping else { return nil }
    return lossScale?.norm(of: gradient) ?? gradient.square().sum().sqrt()
  }

  /// The effects of one step: on the parameters, and on the loss scale.
  ///
  /// - Parameters:
  ///   - store: The model whose parameters are updated.
  ///   - gradient: The gradient of the scaled loss, flat, as `ParameterStore.gradient(of:)` makes it.
  ///   - learningRate: One float32 element.
  ///   - step: One int32 element, counted from 0.
  ///   - momentum: One float32 element, where it varies by step.
  public func effects(
    on store: ParameterStore, gradient: Tensor, learningRate: Tensor, step: Tensor,
    momentum: Tensor? = nil
  ) -> [Effect] {
    [
      .optimize(
        update, parameters: store.parameterVariable, gradient: gradient,
        state: Array(variables.prefix(update.stateCount)), learningRate: learningRate, step: step,
        gradientNorm: norm(of: gradient), scaling: lossScale?.scaling(of: gradient),
        momentum: momentum,
        decaying: decaying.map { gradient.graph.constant($0, [$0.count]) })
    ] + (lossScale.map { [$0.effect(of: gradient)] } ?? [])
  }
}

extension OptimizerRule {
  /// The names of the state buffers in checkpoints.
  fileprivate var stateNames: [String] {
    switch self {
    case .sgd(let momentum, _, _, _): momentum == 0 ? [] : ["momentum"]
    case .adam(_, _, _, _, _, let amsgrad):
      ["first-moment", "second-moment"] + (amsgrad ? ["largest-second-moment"] : [])
    case .rmsprop(_, _, let momentum, let centered, _):
      ["second-moment"] + (centered ? ["first-moment"] : []) + (momentum == 0 ? [] : ["momentum"])
    }
  }
}
