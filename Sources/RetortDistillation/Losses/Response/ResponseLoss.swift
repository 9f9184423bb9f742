import RetortCore
import RetortNN
import RetortSchema
import RetortTraining

/// A loss of a student's logits and its teacher's, row by row: the mean over examples.
///
/// A type says what one example loses.
public protocol ResponseLoss: DistillationLoss {
  /// The loss of each example, `[batch]`.
  ///
  /// - Parameters:
  ///   - student: Logits, `[batch, classes]`, into which gradients flow.
  ///   - teacher: Logits, `[batch, classes]`, a constant.
  ///   - x: All that the loss compares.
  func rows(_ student: Tensor, _ teacher: Tensor, _ x: Comparison) -> Tensor
}

extension ResponseLoss {
  /// True: the teacher's logits are its targets.
  public static var needsTeacher: Bool { true }
  /// Logits.
  public static var outputs: OutputKind? { .logits }

  /// One term, if there is a teacher; no gradient reaches it.
  public func terms(_ x: Comparison, name: String) -> [LossTerm] {
    guard let student = x.student?.output, let teacher = x.teacher?.output else { return [] }
    return [LossTerm(name, weight: weight, rows(student, teacher.stopGradient(), x).mean())]
  }
}

extension Key where Root: DistillationLoss {
  /// The key of a temperature.
  static func temperature(_ target: KeyTarget<Root, Double>) -> Key<Root> {
    .number("temperature", target, .positive(upTo: 1000), "T")
  }
}

extension Comparison {
  /// The rows of a loss on the teacher's logits, which are constants: where several teachers are weighed for each
  /// example, the weighted sum of each one's rows; nil without a teacher.
  func taught(_ rows: (_ logits: Tensor) -> Tensor) -> Tensor? {
    opinions.map { $0.share.stopGradient() * rows($0.logits.stopGradient()) }.sum()
      ?? teacher.map { rows($0.output.stopGradient()) }
  }

  /// The rows of a loss that is linear in labels: of mixed pictures those of both labels, by their shares.
  func mixed(_ labels: Tensor, _ rows: (Tensor) -> Tensor) -> Tensor {
    let own = rows(labels)
    guard let share = examples.otherShare else { return own }
    return own + share * (rows(labels.movedOn()) - own)
  }
}

extension Tensor {
  /// Lower than any logit, and of a square that float32 can hold.
  private static let lowest = -1e18

  /// 1 at each row's class and 0 elsewhere, `[batch, classes]`, of int32 classes `[batch]`.
  func oneHot(_ classes: Int) -> Tensor {
    let numbers = graph.constant((0..<classes).map(Float.init), [1, classes])
    return toFloat().expandingLast().equal(numbers)
  }

  /// These logits where `mask` is 1, and such low ones elsewhere that no probability is left.
  func keeping(_ mask: Tensor) -> Tensor { mask.select(self, graph.fill(Self.lowest, shape)) }

  /// The logit of all classes together at which `mask` is 1, `[batch, 1]`: the logarithm of their summed
  /// exponentials.
  func together(_ mask: Tensor) -> Tensor {
    let kept = keeping(mask)
    let largest = kept.maximum(axes: [1], keepingAxes: true).stopGradient()
    return (kept - largest).exp().sum(axes: [1], keepingAxes: true).log() + largest
  }
}
