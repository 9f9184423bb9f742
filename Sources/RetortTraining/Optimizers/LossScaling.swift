import RetortCore

/// Dynamic loss scaling, which keeps gradients within the range of fp16: the loss is multiplied by a scale
/// before differentiation, and the optimizer divides the gradient by it.
///
/// A step whose gradients are not all finite changes no parameter and no optimizer state, is not counted, and
/// lowers the scale; `interval` good steps in a row raise it. Factors are powers of two, which do not round.
///
/// Source: Micikevicius et al. 2018, section 3.2; `torch.amp.GradScaler`.
///
/// > Note: The scale stays within 2⁻³² and 2⁶⁴, where PyTorch's has no bounds.
public struct LossScaling: Sendable, Hashable {
  /// The scale of the first step.
  public var initial = 65536.0
  /// The factor that raises the scale, > 1.
  public var growth = 2.0
  /// The factor that lowers the scale, in (0, 1).
  public var backoff = 0.5
  /// The number of consecutive good steps after which the scale is raised, ≥ 1.
  public var interval = 2000

  /// PyTorch's values.
  public init() {}
}

/// The loss scale of one training, kept on the device.
struct LossScale: Sendable {
  /// The name in logs.
  static let name = "loss-scale"
  /// Whether `name` is that of a learner's loss scale in logs.
  static func isName(_ name: String) -> Bool {
    name == self.name || name.hasSuffix("/\(self.name)")
  }
  /// The least scale; a gradient that overflows even there ends the training.
  static let least = 0x1p-32
  private static let most = 0x1p64

  let scaling: LossScaling
  /// The scale, 0 before the first step; the good steps since it changed; the number of skipped steps.
  let variable: Variable

  init(_ scaling: LossScaling, name: String) {
    self.scaling = scaling
    variable = Variable(name: name, count: 3)
  }

  /// The scale of the step, a scalar.
  func scale(in graph: Graph) -> Tensor {
    let stored = part(0, in: graph)
    return stored.greater(graph.fill(0)).select(stored, graph.fill(scaling.initial))
  }

  /// The operand `scaling` of `Effect.optimize` for `gradient`, the gradient of the scaled loss.
  func scaling(of gradient: Tensor) -> Tensor {
    let graph = gradient.graph
    let factor = isFinite(gradient) * scale(in: graph).reciprocal()
    return row([factor, part(2, in: graph)])
  }

  /// The Euclidean norm of `gradient` without the scale, a scalar; 0 if it is not finite.
  func norm(of gradient: Tensor) -> Tensor {
    let graph = gradient.graph
    let norm = (gradient * scale(in: graph).reciprocal()).square().sum().sqrt()
    return isFinite(gradient).select(norm, graph.fill(0))
  }

  /// The change of the scale after a step with `gradient`.
  func effect(of gradient: Tensor) -> Effect {
    let graph = gradient.graph
    let (scale, isGood) = (scale(in: graph), isFinite(gradient))
    let good = part(1, in: graph) + 1
    let isFull = good.greaterOrEqual(graph.fill(Double(scaling.interval)))
    let next = isGood.select(
      isFull.select(scale * scaling.growth, scale), scale * scaling.backoff)
    let state = [
      next.clamp(Self.least, Self.most), isGood * (1 - isFull) * good,
      part(2, in: graph) + (1 - isGood),
    ]
    return .assign(variable, offset: 0, row(state))
  }

  // 0 · g is 0, or NaN where g is infinite or NaN.
  private func isFinite(_ gradient: Tensor) -> Tensor {
    (gradient * 0).sum().equal(gradient.graph.fill(0))
  }

  private func part(_ index: Int, in graph: Graph) -> Tensor {
    graph.variable(variable, [3]).slice(axis: 0, index..<index + 1).reshape(to: .scalar)
  }

  private func row(_ scalars: [Tensor]) -> Tensor {
    Tensor.concatenate(scalars.map { $0.reshape(to: [1]) }, axis: 0)
  }
}
