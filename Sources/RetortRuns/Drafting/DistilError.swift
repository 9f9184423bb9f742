import RetortSchema

/// A reason why no recipe can be drafted from a teacher and data.
public enum DistilError: Error, Equatable, Sendable, CustomStringConvertible {
  /// The data are neither a known dataset nor a folder.
  case noData(String, datasets: [String])
  /// A teacher of texts, and data that are no folder of texts.
  case noTexts(folder: String, missing: [String])
  /// The teacher tells another number of classes apart than the data have.
  case otherClasses(teacher: String, count: Int, data: String, names: [String])
  /// The teacher calls its classes by other names than the data.
  case otherNames(teacher: String, names: [String], data: String, dataNames: [String])
  /// The teacher is no better than guessing on training pictures.
  case guessing(String, accuracy: Double, count: Int, classNames: [String])
  /// Fewer labels than classes.
  case tooFewLabels(count: Int, classes: Int)

  /// One line: what, where, and the way out.
  public var description: String {
    switch self {
    case .noData(let data, let datasets):
      "--data \(data) is neither a folder nor a dataset; there are \(datasets.listed("and")), and "
        + "folders of pictures"
    case .noTexts(let folder, let missing):
      "the teacher reads text, and \(folder) has no \(missing.listed("and")); it must hold train.tsv and "
        + "test.tsv, with a text, a tab and a label in each line"
    case .otherClasses(let teacher, let count, let data, let names):
      "\(teacher) tells \(count) classes apart, \(data) has \(names.count): \(names.shortList); take "
        + "data of the teacher's classes"
    case .otherNames(let teacher, let names, let data, let dataNames):
      "\(teacher) tells apart \(names.shortList); \(data) has \(dataNames.shortList): give the data's classes "
        + "the teacher's names"
    case .guessing(let teacher, let accuracy, let count, let names):
      "\(teacher) is right about \((1000 * accuracy).rounded() / 10) % of \(count) training pictures, "
        + "which is no better than guessing: its classes must be, in this order, \(names.shortList)"
    case .tooFewLabels(let count, let classes):
      "\(count) labels are fewer than the \(classes) classes; give --labels at least \(classes)"
    }
  }
}
