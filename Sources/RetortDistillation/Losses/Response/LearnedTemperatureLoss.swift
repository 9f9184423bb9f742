import Glibc
import RetortCore
import RetortNN
import RetortSchema

/// Soft targets at a temperature that learns to make them hard: curriculum temperature.
public struct LearnedTemperatureLoss: ResponseLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "ctkd", "kd at a temperature that learns to make it harder",
    """
    T is learnt with the student, but up the slope: its gradient is reversed, and grows by λ from nothing to its full \
    size over the first steps, so that the student's lesson becomes harder by and by. T stays between 'lowest' and \
    'lowest' + 'span'. It is a weight of the run, kept in checkpoints and not exported. One temperature for all \
    examples, the paper's 'global' form.
    """,
    equation: [
      "L = T² · mean over examples of KL( softmax(t / T) ‖ softmax(s / T) )",
      "T = lowest + span · sigmoid(a),  a ← a + λ · rate · ∂L/∂a,  a = 1 at first",
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

  /// The keys in recipes.
  public static let keys: [Key<LearnedTemperatureLoss>] = [
    .weight, .number("lowest", \.lowest, .positive(upTo: 1000), "the lowest temperature"),
    .number("span", \.span, .notNegative(upTo: 1000), "how far above it the highest is"),
    .int("rise", \.rise, 0...1_000_000_000, "the steps over which λ rises from 0 to 1"),
  ]

  /// A loss with the constants of the authors' code.
  public init() {}

  /// A loss with the given constants.
  public init(weight: Double = 1, lowest: Double = 1, span: Double = 20, rise: Int = 1000) {
    (self.weight, self.lowest, self.span, self.rise) = (weight, lowest, span, rise)
  }

  /// The temperature.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) -> [Module] {
    [LearnedTemperature()]
  }

  /// The divergence of each row at the present temperature.
  public func rows(_ student: Tensor, _ teacher: Tensor, _ x: Comparison) -> Tensor {
    let graph = student.graph
    let level =
      (x.adapters.first as? LearnedTemperature).map { learned in
        x.adapting { reversed(learned.level.tensor, by: pressure(x.inputs.randomState)) }
      } ?? graph.fill(1, [1])
    let temperature = (level.sigmoid() * span + lowest).reshape([1, 1])
    let rows = (student / temperature).divergenceRows(.forwardKL, teacher: teacher / temperature)
    return rows * temperature.square().reshape([1])
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
}
