import RetortCore
import RetortNN

/// An optimizer at work on one model: what a step does, and the variables that hold its state.
public struct OptimizerState: Sendable {
  /// What one step does.
  public let update: OptimizerUpdate
  /// Momentum or moments, then the average, as long as the parameters each, then the state of the
  /// loss scale; zero at first.
  public let variables: [Variable]
  /// The state of loss scaling; nil where gradients are not scaled.
  let lossScale: LossScale?
  /// 1 for each parameter that decays, else 0; nil where all do.
  private let decaying: [Float]?

  /// Fresh state for the parameters of `store`.
  ///
  /// - Parameters:
  ///   - optimizer: The rule with its constants.
  ///   - clipping: How gradients are bounded, if at all.
  ///   - averaging: What mean of the parameters is kept, if any.
  ///   - lossScaling: How gradients are scaled, as products in fp16 need it.
  ///   - decays: Which parameters weight decay shrinks.
  ///   - cyclesMomentum: Whether the schedule gives each step its momentum, or its β₁ for Adam; the
  ///     optimizer's own, which must not be zero but for Adam, is not used then.
  ///   - store: The model whose parameters follow.
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

  /// The mean of the parameters; nil where none is kept.
  public var average: Variable? { update.averaging == nil ? nil : variables[update.stateCount - 1] }

  /// What is to be differentiated where `loss`, a scalar, is to be minimised: it, or it scaled.
  public func scaled(_ loss: Tensor) -> Tensor {
    lossScale.map { loss * $0.scale(in: loss.graph) } ?? loss
  }

  /// What logs show of a step beside its losses.
  ///
  /// - Parameter gradient: That of the scaled loss.
  /// - Returns: The Euclidean norm over all parameters of their gradient, where it is clipped by
  ///   that, and the loss scale, where there is one.
  func observations(_ gradient: Tensor) -> [LossTerm] {
    let scale = lossScale?.scale(in: gradient.graph)
    return (norm(of: gradient).map { [LossTerm("gradient-norm", $0)] } ?? [])
      + (scale.map { [LossTerm(LossScale.name, $0)] } ?? [])
  }

  // Of a gradient that is not finite, which nothing follows, 0.
  private func norm(of gradient: Tensor) -> Tensor? {
    guard case .norm = update.clipping else { return nil }
    return lossScale?.norm(of: gradient) ?? gradient.square().sum().sqrt()
  }

  /// The effects of one step: on the parameters, and on the loss scale.
  ///
  /// - Parameters:
  ///   - store: The model whose parameters follow.
  ///   - gradient: That of the scaled loss, flat, as `ParameterStore.gradient(of:)` makes it.
  ///   - learningRate: float32, one element.
  ///   - step: int32, one element, counts from 0.
  ///   - momentum: float32, one element, where each step has its own.
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
  /// What checkpoints call the state buffers.
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
