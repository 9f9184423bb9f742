import RetortFormats
import RetortNN
import RetortSchema

/// CIFAR-100: 32×32 colour pictures in a hundred classes, 50,000 for training and 10,000 for testing.
///
/// Source: Krizhevsky 2009, "Learning multiple layers of features from tiny images".
public struct CIFAR100: NamedDataset {
  /// Its entry in lists.
  public static let explanation = Explanation(
    "cifar-100", "colour 32×32 pictures in a hundred classes, or in twenty groups of them",
    """
    The binary version, cifar-100-binary.tar.gz, unpacked: train.bin, 50,000 pictures to train on, test.bin, \
    10,000 to test with, and the names in fine_label_names.txt and coarse_label_names.txt. They lie in \
    'directory', or in cifar-100 in the cache or in RETORT_DATA, there or in the folder cifar-100-binary of the \
    archive.
    """, source: "Krizhevsky 2009, Learning multiple layers of features from tiny images")

  /// Which of its labels are the classes.
  public enum Labels: String, CaseIterable, Sendable {
    /// A hundred classes.
    case fine
    /// Twenty groups of five classes.
    case coarse
  }

  /// The folder of the files; nil for the default locations.
  public var directory: String?
  /// Which labels are the classes.
  public var labels = Labels.fine

  /// CIFAR-100 at the default locations.
  public init() {}

  /// Its keys.
  public static let keys: [Key<CIFAR100>] = [
    .path("directory", \.directory, "the folder of its files, if not one of the usual places"),
    .choice("labels", \.labels, "the hundred classes, or the twenty groups of them"),
  ]

  /// 32×32 pixels in colour.
  public var examples: ExampleSpec { CIFARPart.examples }
  /// A hundred, or twenty.
  public var classCount: Int? { labels == .fine ? 100 : 20 }

  /// Reads both files, and the names.
  public func load() throws(DataError) -> DatasetParts {
    let (names, chosen) = ("\(labels)_label_names.txt", labels == .fine ? 1 : 0)
    let paths = try DatasetLocations().paths(
      of: ["train.bin", "test.bin", names], "cifar-100", explicit: directory,
      inner: "cifar-100-binary")
    var classNames: [String] = []
    try asDataError { () throws(FormatError) in
      try TextFile.lines(of: TextFile.read(paths[2], limit: 1 << 20), path: paths[2]) { _, line in
        if !line.isEmpty { classNames.append(line) }
      }
    }
    guard let count = classCount, classNames.count == count else {
      throw .wrongShape(
        path: paths[2], expected: "\(classCount ?? 0) names, one a line",
        found: "\(classNames.count)")
    }
    return DatasetParts(
      training: try CIFARPart.read(
        "cifar-100 training", [paths[0]], classNames, labelCount: 2, chosen: chosen),
      test: try CIFARPart.read(
        "cifar-100 test", [paths[1]], classNames, labelCount: 2, chosen: chosen),
      examples: examples)
  }

  /// Leaves of the folder's path the last name.
  public mutating func shortenPaths() { directory = directory.map(FilePath.name(of:)) }
}
