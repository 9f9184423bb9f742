import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// A loss on labels in which examples count by how rare their classes are, from some step on.
///
/// A type says what one example loses.
///
/// > Note: The sum over a batch is divided by the sum of its examples' weights, as PyTorch's weighted cross-entropy
/// > does in the authors' code of LDAM-DRW, so that weights do not change how large steps are; Cui et al. divide by
/// > the number of examples.
public protocol ClassWeightedLoss: DistillationLoss {
  /// β of the effective numbers of examples, in [0, 1]: 0 weighs all classes alike, 1 by one over their sizes.
  var beta: Double { get set }
  /// The share of the training in which all classes weigh alike, in [0, 1].
  var deferral: Double { get set }

  /// The loss of each example, `[batch]`.
  ///
  /// - Parameters:
  ///   - logits: `[batch, classes]`, into which gradients flow.
  ///   - labels: int32 `[batch]`.
  ///   - classes: How many training examples each class has.
  func rows(_ logits: Tensor, _ labels: Tensor, _ classes: ClassFrequencies) -> Tensor
}

extension ClassWeightedLoss {
  /// False: it needs labels only.
  public static var needsTeacher: Bool { false }
  /// True.
  public static var needsLabels: Bool { true }
  /// Logits.
  public static var outputs: OutputKind? { .logits }

  /// One term, for examples with labels: `Σ w·l / Σ w`.
  ///
  /// - Throws: `ClassCountError` where classes have no known number of examples.
  public func terms(_ x: Comparison, name: String) throws -> [LossTerm] {
    guard let output = x.student?.output, let labels = x.labels else { return [] }
    let classes = try ClassFrequencies(x, for: Self.explanation.name)
    guard beta > 0 else {
      return [LossTerm(name, weight: weight, x.mixed(labels) { rows(output, $0, classes) }.mean())]
    }
    let excess = output.graph.constant(
      classes.weights(beta: beta).map { Float($0 - 1) }, [1, classes.count])
    let start = Int((deferral * Double(x.inputs.steps)).rounded())
    // Linear in the label: of a mixed label, both sums are those of both.
    func weights(_ labels: Tensor) -> Tensor {
      let own = (labels.oneHot(classes.count) * excess).sum(axes: [1])
      return (start > 0 ? own * x.inputs.isAfter(start) : own) + 1
    }
    let sum = x.mixed(labels) { weights($0) * rows(output, $0, classes) }.mean()
    return [LossTerm(name, weight: weight, sum / x.mixed(labels, weights).mean())]
  }
}

extension Key where Root: ClassWeightedLoss {
  /// The key of β.
  static var beta: Key<Root> {
    .number("beta", \.beta, .unit, "β, how much less an example of a large class counts")
  }

  /// The key of the share that passes before classes weigh differently.
  static var deferral: Key<Root> {
    .number(
      "defer", \.deferral, .unit, "the share of the training in which all classes count alike")
  }
}
