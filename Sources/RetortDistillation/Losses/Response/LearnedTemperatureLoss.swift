import Glibc
import RetortCore
import RetortNN
import RetortSchema

/// Soft targets at a temperature that learns to make them hard: curriculum temperature.
public struct LearnedTemperatureLoss: ResponseLoss {
  /// What has a temperature of its own.
  public enum Scope: String, CaseIterable, Sendable {
    /// All examples have one.
    case global
    /// Each example has one, which a network tells from both logits.
    case instance
  }

  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "ctkd", "kd at a temperature that learns to make it harder",
    """
    T is learnt with the student, but up the slope: its gradient is reversed, and grows by λ from nothing to its full \
    size over the first steps, so that the student's lesson becomes harder by and by. T stays between 'lowest' and \
    'lowest' + 'span'. It is a weight of the run, kept in checkpoints and not exported. In the scope 'global' all \
    examples have one temperature; in 'instance' two linear layers with 64 features and a ReLU between them tell \
    each example's from both networks' logits, which they read as constants; the authors' own are not in their \
    repository.
    """,
    equation: [
      "L = T² · mean over examples of KL( softmax(t / T) ‖ softmax(s / T) )",
      "T = lowest + span · sigmoid(a),  a ← a + λ · rate · ∂L/∂a,  a = 1 at first       global",
      "a = W₂·ReLU( W₁·(t, s) + b₁ ) + b₂,  of which the weights go up the slope so    instance",
      "λ = ½ · (1 − cos(π · min(1, step / rise)))",
    ], source: "Li et al. 2022, arXiv 2211.16231")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// The lowest temperature, > 0.
  public var lowest = 1.0
  /// How far above the lowest the highest temperature is, ≥ 0.
  public var span = 20.0
  /// The steps over which λ rises; 0 for a λ of 1 from the start.
  public var rise = 1000
  /// What has a temperature of its own.
  public var scope = Scope.global

  /// The keys in recipes.
  public static let keys: [Key<LearnedTemperatureLoss>] = [
    .weight, .number("lowest", \.lowest, .positive(upTo: 1000), "the lowest temperature"),
    .number("span", \.span, .notNegative(upTo: 1000), "how far above it the highest is"),
    .int("rise", \.rise, 0...1_000_000_000, "the steps over which λ rises from 0 to 1"),
    .choice("scope", \.scope, "what has a temperature of its own"),
  ]

  /// A loss with the constants of the authors' code.
  public init() {}

  /// A loss with the given constants.
  public init(
    weight: Double = 1, lowest: Double = 1, span: Double = 20, rise: Int = 1000,
    scope: Scope = .global
  ) {
    (self.weight, self.lowest, self.span) = (weight, lowest, span)
    (self.rise, self.scope) = (rise, scope)
  }

  /// The temperature, or what tells it from as many logits as the student has.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) -> [Module] {
    switch scope {
    case .global: [LearnedTemperature()]
    case .instance: [InstanceTemperature(classes: student.first?[-1] ?? 1)]
    }
  }

  /// The divergence of each row at the present temperature.
  public func rows(_ student: Tensor, _ teacher: Tensor, _ x: Comparison) -> Tensor {
    let logits = Tensor.concatenate([teacher, student.stopGradient()], axis: 1)
    let level = x.adapters.first.map { temperature in
      x.adapting { reversed(temperature(logits), by: pressure(x.inputs.randomState)) }
    }
    let temperature = (level ?? student.graph.fill(1, [1, 1])).sigmoid() * span + lowest
    let rows = (student / temperature).divergenceRows(.forwardKL, teacher: teacher / temperature)
    return rows * temperature.square().reshape([-1])
  }

  /// λ in the step of the given random state.
  private func pressure(_ state: Tensor) -> Tensor {
    guard rise > 0 else { return state.graph.fill(1, [1]) }
    let passed = state.slice(axis: 0, 2..<3).toFloat() / Double(rise)
    return 0.5 - (passed.minimum(state.graph.fill(1)) * Double.pi).unary(.cos) * 0.5
  }

  /// `x`, with a gradient that is multiplied by −λ.
  private func reversed(_ x: Tensor, by lambda: Tensor) -> Tensor {
    (x + x * lambda).stopGradient() - x * lambda
  }
}

/// A temperature that trains with the student.
final class LearnedTemperature: Module {
  /// What the temperature is a sigmoid of, `[1]`.
  let level = Parameter([1], .ones)

  /// The same for all examples, `[1, 1]`.
  override func forward(_ logits: Tensor) -> Tensor { level.tensor.reshape([1, 1]) }
}

/// What an example's temperature is a sigmoid of, told from logits; it trains with the student.
final class InstanceTemperature: Module {
  private let fc1: Linear
  private let fc2: Linear

  init(classes: Int) { (fc1, fc2) = (Linear(2 * classes, 64), Linear(64, 1)) }

  /// Of the teacher's logits and then the student's, `[batch, 2·classes]`: `[batch, 1]`.
  override func forward(_ logits: Tensor) -> Tensor { fc2(fc1(logits).relu()) }
}
