import RetortCore
import RetortNN

/// Layers between a student's features and a teacher's whose shapes differ.
///
/// An adapter trains with the student, is kept in checkpoints, and is not exported.
public enum Adapter {
  /// The layer from features of shape `student` to the channels of `teacher`, batches included: nothing
  /// where these agree, a 1×1 convolution for maps `[b, h, w, c]`, a linear layer for `[b, c]` and
  /// `[b, l, c]`.
  ///
  /// - Throws: `AdapterError` where ranks or lengths differ.
  public static func matching(_ student: Shape, _ teacher: Shape) throws(AdapterError) -> Module {
    let fits =
      student.rank == teacher.rank && (2...4).contains(student.rank)
      && (student.rank != 3 || student[1] == teacher[1])
    guard fits else { throw AdapterError(student: student, teacher: teacher) }
    guard student[-1] != teacher[-1] else { return Module() }
    return student.rank == 4
      ? Conv2d(student[-1], teacher[-1], kernel: 1) : Linear(student[-1], teacher[-1])
  }

  /// Both maps at the smaller of their heights and widths, the larger one pooled; others as they are.
  public static func atOneSize(_ student: Tensor, _ teacher: Tensor) -> (Tensor, Tensor) {
    guard student.shape.rank == 4, teacher.shape.rank == 4 else { return (student, teacher) }
    let height = min(student.shape[1], teacher.shape[1])
    let width = min(student.shape[2], teacher.shape[2])
    func pooled(_ x: Tensor) -> Tensor {
      x.shape[1] == height && x.shape[2] == width
        ? x : x.adaptiveAveragePool(height: height, width: width)
    }
    return (pooled(student), pooled(teacher))
  }
}

/// Features that no adapter brings together.
public struct AdapterError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The shapes, batches included.
  public let student: Shape, teacher: Shape

  /// One line: what, and the way out.
  public var description: String {
    "features \(student) of the student and \(teacher) of the teacher cannot be compared; tap modules whose "
      + "results have as many axes, and sequences as long"
  }
}
