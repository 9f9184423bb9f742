import RetortCore
import RetortSchema

/// Cross-entropy with the teacher's likeliest classes as labels, mean over the batch, in nats.
public struct HardLabelLoss: ResponseLoss {
  /// The entry in lists of losses.
  public static let explanation = Explanation(
    "hard-labels", "cross-entropy with the teacher's likeliest classes",
    """
    The teacher's decision stands for the label: nothing is said of other classes, and pictures need no labels. What \
    DeiT's hard distillation adds to cross-entropy, at half the weight of each.
    """,
    equation: ["L = mean over examples of −log softmax(s)_y,  y = argmax of the teacher's logits"],
    source: "Touvron et al. 2020, arXiv 2012.12877")

  /// The weight of the loss in the total, ≥ 0.
  public var weight = 1.0

  /// The keys in recipes.
  public static let keys: [Key<HardLabelLoss>] = [.weight]

  /// Weight 1.
  public init() {}

  /// The cross-entropy of each row.
  public func rows(_ student: Tensor, _ teacher: Tensor, _ x: Comparison) -> Tensor {
    student.crossEntropyRows(teacher.argmax())
  }
}
