import RetortSchema

/// A module of the student and one of the teacher whose outputs a loss compares.
public struct TapPair: Configurable, Hashable {
  /// The path of the student's module, such as `layer2`.
  public var student = ""
  /// The path of the teacher's module.
  public var teacher = ""

  /// The outputs of both models.
  public init() {}

  /// A pair of modules with the given paths.
  public init(student: String, teacher: String) {
    (self.student, self.teacher) = (student, teacher)
  }

  /// The path of the output of the teacher, one of several, whose module it names.
  package var teacherOutput: String {
    teacher.firstIndex(of: ".").map { String(teacher[...$0]) } ?? ""
  }

  /// The keys of an element of `taps`.
  public static let keys: [Key<TapPair>] = [
    .text("student", \.student, "a module of the student, by its path").required(),
    .text("teacher", \.teacher, "a module of the teacher").required(),
  ]
}
