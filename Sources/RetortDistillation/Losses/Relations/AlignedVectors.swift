import RetortCore

/// The first right singular vectors of a teacher's features, and of those of a student's the ones most like them.
struct AlignedVectors {
  /// The student's, of positive cosines with the teacher's, `[batch, channels, count]`.
  let student: Tensor
  /// The teacher's, whose elements sum to no less than 0, `[batch, channels, count]`.
  let teacher: Tensor
  /// The teacher's singular values over their length, `[batch, 1, count]`.
  let shares: Tensor

  /// How many there are.
  var count: Int { teacher.shape[2] }

  /// Up to `count` vectors, chosen among `spare` more of the student's.
  ///
  /// - Throws: `AdapterError` for features of other channels.
  init(_ pair: FeaturePair, count: Int, spare: Int) throws(AdapterError) {
    let own =
      pair.adapter.map { layer in pair.comparison.adapting { layer(pair.student) } }
      ?? pair.student
    let (features, targets) = (own.places(), pair.teacher.places())
    guard features.shape[2] == targets.shape[2] else {
      throw AdapterError(
        student: pair.student.shape, teacher: pair.teacher.shape,
        remedy: "tap modules of as many channels")
    }
    func first(_ count: Int, of x: Tensor) -> (vectors: Tensor, values: Tensor) {
      x.singularVectors(min(count, x.shape[1], x.shape[2]))
    }
    let (found, values) = first(count, of: targets)
    let candidates = first(count + spare, of: features).vectors
    let teacher = found * found.sum(axes: [1], keepingAxes: true).signs()
    let cosines = teacher.matmul(candidates, transposeA: true).stopGradient()
    let choice = cosines.abs().argmax().oneHot(candidates.shape[2])
    let sign = (cosines * choice).sum(axes: [2]).signs().expandingMiddle(1)
    student = candidates.matmul(choice, transposeB: true) * sign
    self.teacher = teacher
    shares = values.unit().expandingMiddle(1)
  }
}

extension Tensor {
  /// 1 for elements of at least 0, else −1; no gradient.
  fileprivate func signs() -> Tensor { greaterOrEqual(graph.fill(0)) * 2 - 1 }

  /// The tensor with an axis of length 1 more, before `axis`.
  func expandingMiddle(_ axis: Int) -> Tensor {
    reshape(Array(shape.dimensions[..<axis]) + [1] + Array(shape.dimensions[axis...]))
  }
}
