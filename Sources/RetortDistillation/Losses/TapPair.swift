import RetortSchema

/// What of a student and of a teacher a loss compares, by module path.
public struct TapPair: Configurable, Hashable {
  /// A module of the student, such as `layer2`.
  public var student = ""
  /// A module of the teacher.
  public var teacher = ""

  /// Both outputs.
  public init() {}

  /// The modules of the given paths.
  public init(student: String, teacher: String) {
    (self.student, self.teacher) = (student, teacher)
  }

  /// The keys of an element of `taps`.
  public static let keys: [Key<TapPair>] = [
    .text("student", \.student, "a module of the student, by its path").required(),
    .text("teacher", \.teacher, "a module of the teacher").required(),
  ]
}
