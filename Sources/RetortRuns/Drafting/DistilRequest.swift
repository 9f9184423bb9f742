import RetortFormats

/// A teacher, a student and data, from which a recipe is drafted.
public struct DistilRequest: Sendable {
  /// How many of the training examples' labels may be used.
  public enum Labels: Equatable, Sendable {
    /// All of them.
    case all
    /// So many.
    case count(Int)
    /// A share of them, greater than 0 and at most 1.
    case share(Double)

    /// `20%`, or a whole number of at least 1; nil for anything else.
    public init?(_ text: String) {
      if text.hasSuffix("%"), let percent = Double(text.dropLast()), percent > 0, percent <= 100 {
        self = .share(percent / 100)
      } else if let count = Int(text), count > 0 {
        self = .count(count)
      } else {
        return nil
      }
    }

    /// The number of labels out of `available`.
    func count(of available: Int) -> Int {
      switch self {
      case .all: available
      case .count(let count): min(count, available)
      case .share(let share): min(available, max(1, Int((share * Double(available)).rounded())))
      }
    }
  }

  /// The teacher: an ONNX file, or the folder of a trained model, a stage or a run.
  public var teacher: String
  /// The student's name in the model catalog; nil for one that suits the examples.
  public var student: String?
  /// The data: the name of a dataset, or a folder of pictures or texts.
  public var data: String
  /// The labels that may be used.
  public var labels: Labels
  /// The number of the student's training steps; nil for a number that suits the examples.
  public var steps: Int?

  /// A request for the distillation of `teacher` into `student` on `data`.
  public init(
    teacher: String, student: String? = nil, data: String, labels: Labels = .all, steps: Int? = nil
  ) {
    (self.teacher, self.student, self.data) = (teacher, student, data)
    (self.labels, self.steps) = (labels, steps)
  }

  /// Whether `data` is a folder rather than the name of a dataset.
  var isFolder: Bool { FolderEntries.leadsToFolder(data) }
}
