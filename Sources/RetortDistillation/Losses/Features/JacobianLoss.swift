import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// Jacobian matching: the squared distance of both networks' derivatives by the input, each over its length.
public struct JacobianLoss: DistillationLoss {
  /// What of the outputs is differentiated.
  public enum Projection: String, CaseIterable, Sendable {
    /// The logit of the teacher's likeliest class.
    case top
    /// The outputs' product with a random vector, drawn for each example and step.
    case random
  }

  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "jacobian", "squared distance of derivatives by the pictures",
    """
    The student learns how the teacher's output changes with the picture, besides what it is: a Sobolev norm in place \
    of the usual one. The derivatives of one function of the outputs are compared, which costs a backward pass through \
    both networks; the teacher is asked anew in each step. Pictures only.
    """,
    equation: [
      "L = mean over examples of ‖ g_s / ‖g_s‖ − g_t / ‖g_t‖ ‖²",
      "g = ∂⟨v, output⟩ / ∂picture,  v the teacher's likeliest class (top), or normal (random)",
    ],
    source: "Srinivas and Fleuret 2018, arXiv 1803.00443; Czarnecki et al. 2017, arXiv 1706.04859")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0
  /// What of the outputs is differentiated.
  public var projection = Projection.top

  /// The keys in recipes.
  public static let keys: [Key<JacobianLoss>] = [
    .weight, .choice("projection", \.projection, "what of the outputs is differentiated"),
  ]
  /// True: the teacher's derivatives are its targets.
  public static let needsTeacher = true
  /// True: known outputs have no derivatives.
  public static let needsLiveTeacher = true

  /// A loss with weight 1, of the teacher's likeliest class.
  public init() {}

  /// A loss with the given constants.
  public init(weight: Double = 1, projection: Projection = .top) {
    (self.weight, self.projection) = (weight, projection)
  }

  /// One term, if there is a teacher; the derivative by the student's weights is a second one.
  public func terms(_ x: Comparison, name: String) -> [LossTerm] {
    guard let student = x.student?.output, let teacher = x.teacher?.output else { return [] }
    let (picture, graph) = (x.examples.x, student.graph)
    guard picture.dtype == .float32 else {
      let fault = graph.fail(
        .invalidArgument(
          operation: "loss 'jacobian'", reason: "texts have no derivatives; take it for pictures",
          path: graph.scope))
      return [LossTerm(name, weight: weight, fault)]
    }
    let direction =
      switch projection {
      case .top: teacher.argmax().oneHot(teacher.shape[-1])
      case .random:
        graph.random(
          .normal, teacher.shape, state: x.inputs.randomState, stream: x.inputs.streams.next())
      }
    func derivative(_ output: Tensor) -> Tensor {
      gradients(of: (output * direction).sum(), with: [picture])[0].flatten()
    }
    let rows = derivative(student).directionRows(teacher: derivative(teacher).stopGradient())
    return [LossTerm(name, weight: weight, rows.mean())]
  }
}
