import RetortCore
import RetortNN

/// How the positions of a text relate to each other in each head: products of two sequences, over √(width of a head).
struct HeadRelation {
  /// `[texts, heads, length, length]`.
  let scores: Tensor
  /// 1 for tokens and 0 for padding, `[texts, length]`; nil where all are tokens.
  let mask: Tensor?

  /// The relation of sequences `[texts, length, width]`; `heads` divides the width.
  init(_ rows: Tensor, _ columns: Tensor, heads: Int, mask: Tensor?) {
    let width = rows.shape[2] / heads
    func split(_ x: Tensor) -> Tensor {
      x.reshape([x.shape[0], x.shape[1], heads, width]).transpose([0, 2, 1, 3])
    }
    scores = split(rows).matmul(split(columns), transposeB: true) / Double(width).squareRoot()
    self.mask = mask
  }

  private var texts: Int { scores.shape[0] }
  private var heads: Int { scores.shape[1] }
  private var length: Int { scores.shape[2] }

  /// The KL divergence of a student's relation from a teacher's, each row a softmax over tokens: the mean over heads
  /// and tokens, then over texts, in nats.
  static func divergence(_ student: HeadRelation, _ teacher: HeadRelation) -> Tensor {
    let rows = student.logits.divergenceRows(.forwardKL, teacher: teacher.logits)
    guard let mask = student.mask else { return rows.mean() }
    let heads = rows.mean(axes: [1]) * mask
    let tokens = mask.sum(axes: [1]).maximum(mask.graph.fill(1))
    return (heads.sum(axes: [1]) / tokens).mean()
  }

  /// The mean squared error of both relations' scores; those of padding count as equal.
  static func squaredError(_ student: HeadRelation, _ teacher: HeadRelation) -> Tensor {
    let squares = (student.scores - teacher.scores).square()
    guard let mask = student.mask else { return squares.mean() }
    return (squares * mask.reshape([student.texts, 1, 1, student.length])).mean()
  }

  /// The scores, so low at padding that no probability is left.
  private var logits: Tensor {
    guard let mask else { return scores }
    return scores + ((1 - mask) * -1e9).reshape([texts, 1, 1, length])
  }
}

/// A loss of relations in heads, into which the widths of sequences are divided.
public protocol HeadLoss: DistillationLoss {
  /// The number of heads, which divides both widths.
  var heads: Int { get }
}

extension HeadLoss {
  /// No layers.
  ///
  /// - Throws: `AdapterError` for what are no sequences of one length whose widths `heads` divides.
  public func adapters(_ student: [Shape], _ teacher: [Shape]) throws(AdapterError) -> [Module] {
    try Adapter.none(student, teacher) { student, teacher throws(AdapterError) in
      try Adapter.requireSequences(student, teacher)
      guard student[2] % heads == 0, teacher[2] % heads == 0 else {
        throw AdapterError(
          student: student, teacher: teacher,
          remedy: "take 'heads' that divide both widths, \(student[2]) and \(teacher[2])")
      }
    }
  }
}

extension Comparison {
  /// The relations of two tapped sequences, of the student and of the teacher.
  func relations(
    _ rows: FeaturePair, _ columns: FeaturePair, heads: Int
  ) -> (student: HeadRelation, teacher: HeadRelation) {
    let mask = tokenMask(length: rows.student.shape[1])
    return (
      HeadRelation(rows.student, columns.student, heads: heads, mask: mask),
      HeadRelation(rows.teacher, columns.teacher, heads: heads, mask: mask)
    )
  }
}
