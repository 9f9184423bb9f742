import RetortFormats

/// A fault in a dataset, in a split of it, or in the way it is read.
public enum DataError: Error, Equatable, Sendable {
  /// A file cannot be read or is damaged.
  case format(FormatError)
  /// The dataset is in none of the folders.
  case missing(dataset: String, lookedIn: [String], debianPackage: String?)
  /// A folder has only some of the dataset's files.
  case incomplete(dataset: String, folder: String, missing: [String])
  /// The folder named by `RETORT_DATA` lacks a folder with the dataset's files.
  case notInDataRoot(dataset: String, root: String, isInRootItself: Bool)
  /// The environment defines no cache folder.
  case noCacheDirectory
  /// Images and labels differ in number.
  case countMismatch(images: Int, labels: Int, path: String)
  /// A file has another shape or element type than the dataset.
  case wrongShape(path: String, expected: String, found: String)
  /// A label is not the number of a class.
  case unknownLabel(path: String, index: Int, label: Int, classes: Int)
  /// A label in a file is not a class name; the nearest names.
  case unknownClass(path: String, line: Int, label: String, nearest: [String])
  /// A folder, or that of a class, has no pictures.
  case noPictures(String)
  /// A folder has pictures, and nothing says their classes.
  case unlabelled(String)
  /// A picture is of a class that no training example is of; the nearest names.
  case unknownPictureClass(path: String, label: String, nearest: [String])
  /// Some pictures of a folder cannot be read; what is wrong with the first of them, a line each.
  case damagedPictures(
    folder: String, faults: [String], count: Int, total: Int, isSkipped: Bool)
  /// A part is held out for validation of a set that has one of its own.
  case secondValidation(count: Int)
  /// A class, or the whole set, has fewer examples than asked for.
  case tooFewExamples(wanted: Int, available: Int, className: String?)
  /// A number is out of its range.
  case outOfRange(name: String, found: String, allowed: String)
  /// The imbalance leaves a class with no example.
  case emptyClass(imbalance: Double, largest: Int)
  /// A saved position lies outside the set.
  case wrongPosition(epoch: Int, index: Int, count: Int)
}

extension DataError: CustomStringConvertible {
  /// The fault, its place, and a remedy: one line, and one for each of several damaged pictures.
  public var description: String {
    switch self {
    case .format(let error): "\(error)"
    case .missing(let dataset, let lookedIn, let package):
      "dataset '\(dataset)' was not found in \(lookedIn.joined(separator: ", ")). "
        + (package.map {
          "Install it with 'apt-get install \($0)' or download it with 'retort fetch \(dataset)'."
        } ?? "Unpack its files into one of them, or name theirs as data.directory.")
    case .incomplete(let dataset, let folder, let missing):
      "\(folder) lacks \(missing.joined(separator: ", ")) of dataset '\(dataset)'. Put all files "
        + "there\(Self.download(dataset)), or remove the folder."
    case .notInDataRoot(let dataset, let root, let isInRootItself):
      "RETORT_DATA is '\(root)', which has no folder '\(dataset)' with the dataset's files. "
        + (isInRootItself
          ? "They lie in it itself: set RETORT_DATA to a folder that has them in a folder "
            + "'\(dataset)', or name theirs as data.directory."
          : "Set it to the folder that has, or unset it to look in the usual places.")
    case .noCacheDirectory:
      "neither XDG_CACHE_HOME nor HOME is an absolute path, so there is no cache. Set one of them."
    case .countMismatch(let images, let labels, let path):
      "\(path): \(images) images but \(labels) labels. The files belong to different sets; "
        + "download both again."
    case .wrongShape(let path, let expected, let found):
      "\(path): must be \(expected), is \(found). Check that this is the right file."
    case .unknownLabel(let path, let index, let label, let classes):
      "\(path): label \(index) is \(label), but there are \(classes) classes. "
        + "Check that this is the right file."
    case .unknownClass(let path, let line, let label, let nearest):
      "\(path): line \(line): no training example is of class '\(label)'. Did you mean "
        + "\(nearest.map { "'\($0)'" }.joined(separator: " or "))?"
    case .noPictures(let folder):
      "\(folder) has no pictures, PNG, JPEG or WebP. Check the path, or remove the folder if it is no class."
    case .unlabelled(let folder):
      "the pictures in \(folder) lie in it directly, so that nothing says their classes. Put those of "
        + "each class into a folder of its name, or name a table: labels: labels.csv."
    case .unknownPictureClass(let path, let label, let nearest):
      "\(path): no training example is of class '\(label)'. Did you mean "
        + "\(nearest.map { "'\($0)'" }.joined(separator: " or "))?"
    case .damagedPictures(let folder, let faults, let count, let total, let isSkipped):
      "\(count) of \(total) pictures in \(folder) cannot be used"
        + (isSkipped ? " and are left out:\n" : ":\n")
        + faults.map { "  \($0)" }.joined(separator: "\n")
        + (isSkipped ? "" : "\nMend or remove them, or leave them out with 'damaged: skip'.")
    case .secondValidation(let count):
      "\(count) examples are to be held out for validation of a set that has a part for it. Take "
        + "'validation' away from 'data', or the folder from the set."
    case .tooFewExamples(let wanted, let available, let className):
      "\(wanted) examples are wanted" + (className.map { " of class '\($0)'" } ?? "")
        + ", \(available) are there. Ask for fewer."
    case .outOfRange(let name, let found, let allowed):
      "\(name) is \(found), must be \(allowed)."
    case .emptyClass(let imbalance, let largest):
      "an imbalance of \(imbalance) leaves the rarest class empty when the most frequent has "
        + "\(largest) examples. Use at most \(largest)."
    case .wrongPosition(let epoch, let index, let count):
      "the data position (epoch \(epoch), example \(index)) lies outside a set of \(count). "
        + "The checkpoint belongs to another dataset."
    }
  }
}

extension DataError {
  /// How to get the files of a dataset that is published for download.
  private static func download(_ dataset: String) -> String {
    DatasetSource.all.contains { $0.name == dataset }
      ? " ('retort fetch \(dataset)' downloads them)" : ""
  }
}

/// Runs `body` and rethrows a file's fault as a fault of the dataset.
func asDataError<T>(_ body: () throws(FormatError) -> T) throws(DataError) -> T {
  do { return try body() } catch { throw .format(error) }
}
