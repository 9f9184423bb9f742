import RetortFormats
import RetortNN
import RetortSchema

/// Fashion-MNIST: 28×28 grey images of clothes in ten classes, 60,000 for training and 10,000 for testing.
///
/// Source: [Xiao, Rasul, Vollgraf 2017](https://arxiv.org/abs/1708.07747).
public struct FashionMNIST: NamedDataset {
  /// The entry in lists of datasets.
  public static let explanation = Explanation(
    name, "grey 28×28 pictures of clothes in ten classes",
    """
    60,000 pictures to train on and 10,000 to test with. 'retort fetch fashion-mnist' gets them, and \
    Debian's package dataset-fashion-mnist has them.
    """, source: "Xiao, Rasul, Vollgraf 2017, arXiv 1708.07747")

  /// The folder of the files; nil for the default locations.
  public var directory: String?

  /// Fashion-MNIST at the default locations.
  public init() {}

  /// The keys in recipes.
  public static let keys: [Key<FashionMNIST>] = [
    .path("directory", \.directory, "the folder of its files, if not one of the usual places")
  ]

  /// 28×28 grey pixels.
  public var examples: ExampleSpec { .image(ImageSize(height: 28, width: 28, channels: 1)) }
  /// Ten.
  public var classCount: Int? { Self.classNames.count }

  /// Reads the four files.
  public func load() throws(DataError) -> DatasetParts {
    let parts = try Self.load(directory: directory)
    return DatasetParts(training: parts.training, test: parts.test, examples: examples)
  }

  /// Replaces the folder's path by its last component.
  public mutating func shortenPaths() { directory = directory.map(FilePath.name(of:)) }

  /// The name that recipes and commands use.
  public static let name = "fashion-mnist"
  /// The names of the ten classes.
  public static let classNames = [
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag",
    "Ankle boot",
  ]

  /// The training and test images as published.
  public struct Parts: Sendable {
    /// The 60,000 training images.
    public let training: ImageDataset
    /// The 10,000 test images.
    public let test: ImageDataset
  }

  /// Loads both parts from the first folder that has any of the four files, plain or gzip.
  ///
  /// - Parameters:
  ///   - directory: The only folder to search; nil for `$RETORT_DATA/fashion-mnist` if that variable is set,
  ///     else for the cache and the folder of Debian's package `dataset-fashion-mnist`.
  ///   - locations: The folders to search if no directory is given.
  /// - Throws: `DataError.missing` with the ways to get the files, `.incomplete` for a folder that has only
  ///   some of them, `.notInDataRoot`; other cases if they are damaged.
  public static func load(
    directory: String? = nil, locations: DatasetLocations = DatasetLocations()
  ) throws(DataError) -> Parts {
    let found = try locations.paths(
      of: DatasetSource.fashionMNIST.files.map(\.name), name, explicit: directory,
      debianPackage: "dataset-fashion-mnist")
    return Parts(
      training: try part("\(name) training", images: found[0], labels: found[1]),
      test: try part("\(name) test", images: found[2], labels: found[3]))
  }

  private static func part(
    _ name: String, images imagePath: String, labels labelPath: String
  ) throws(DataError) -> ImageDataset {
    let images = try asDataError { () throws(FormatError) in
      try IDX.read(imagePath, limit: 1 << 26)
    }
    let labels = try asDataError { () throws(FormatError) in
      try IDX.read(labelPath, limit: 1 << 20)
    }
    guard images.elementType == .uint8, images.shape.count == 3,
      Array(images.shape[1...]) == [28, 28]
    else { throw shapeFault(imagePath, "uint8 [count, 28, 28]", images) }
    guard labels.elementType == .uint8, labels.shape.count == 1 else {
      throw shapeFault(labelPath, "uint8 [count]", labels)
    }
    guard images.shape[0] == labels.shape[0] else {
      throw .countMismatch(images: images.shape[0], labels: labels.shape[0], path: labelPath)
    }
    let classes = classNames.count
    if let index = labels.bytes.firstIndex(where: { Int($0) >= classes }) {
      throw .unknownLabel(
        path: labelPath, index: index - labels.bytes.startIndex, label: Int(labels.bytes[index]),
        classes: classes)
    }
    return ImageDataset(
      name: name, images: Array(images.bytes), labels: labels.bytes.map { Int32($0) },
      height: 28, width: 28, channels: 1, classNames: classNames)
  }

  private static func shapeFault(_ path: String, _ expected: String, _ found: IDX) -> DataError {
    .wrongShape(path: path, expected: expected, found: "\(found.elementType) \(found.shape)")
  }
}
