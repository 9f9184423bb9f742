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

  /// A 1×1 convolution without a shift from the channels of `student` to those of `teacher`, and a batch norm.
  ///
  /// - Throws: `AdapterError` where either is no map.
  public static func normalized(_ student: Shape, _ teacher: Shape) throws(AdapterError) -> Module {
    try requireMaps(student, teacher)
    return Sequential(
      Conv2d(student[-1], teacher[-1], kernel: 1, bias: false), BatchNorm(teacher[-1]))
  }

  /// SimKD's projector, from the channels of `student` to those of `teacher`.
  ///
  /// - Throws: `AdapterError` where either is no map.
  public static func projector(_ student: Shape, _ teacher: Shape) throws(AdapterError) -> Module {
    try requireMaps(student, teacher)
    return Sequential.projector(student[-1], teacher[-1])
  }

  /// One layer for each pair of shapes.
  ///
  /// - Throws: The error of `layer`.
  public static func each(
    _ student: [Shape], _ teacher: [Shape],
    _ layer: (Shape, Shape) throws(AdapterError) -> Module
  ) throws(AdapterError) -> [Module] {
    var modules: [Module] = []
    for (student, teacher) in zip(student, teacher) {
      modules.append(try layer(student, teacher))
    }
    return modules
  }

  /// Checks each pair of shapes, and makes no layers.
  ///
  /// - Throws: The error of `check`.
  public static func none(
    _ student: [Shape], _ teacher: [Shape],
    _ check: (Shape, Shape) throws(AdapterError) -> Void
  ) throws(AdapterError) -> [Module] {
    for (student, teacher) in zip(student, teacher) { try check(student, teacher) }
    return []
  }

  /// Checks that both are maps, `[batch, height, width, channels]`.
  ///
  /// - Throws: `AdapterError` where one is none.
  public static func requireMaps(_ student: Shape, _ teacher: Shape) throws(AdapterError) {
    guard student.rank == 4, teacher.rank == 4 else {
      throw AdapterError(
        student: student, teacher: teacher,
        remedy: "tap modules whose results are maps, such as convolutions")
    }
  }

  /// Checks that both are sequences of one length, `[batch, length, width]`.
  ///
  /// - Throws: `AdapterError` where one is none, or lengths differ.
  public static func requireSequences(_ student: Shape, _ teacher: Shape) throws(AdapterError) {
    guard student.rank == 3, teacher.rank == 3, student[1] == teacher[1] else {
      throw AdapterError(
        student: student, teacher: teacher,
        remedy: "tap modules whose results are sequences, as long as each other")
    }
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
  /// The way out.
  public let remedy: String

  /// An error for features of the given shapes.
  public init(
    student: Shape, teacher: Shape,
    remedy: String = "tap modules whose results have as many axes, and sequences as long"
  ) {
    (self.student, self.teacher, self.remedy) = (student, teacher, remedy)
  }

  /// One line: what, and the way out.
  public var description: String {
    "features \(student) of the student and \(teacher) of the teacher cannot be compared; \(remedy)"
  }
}
