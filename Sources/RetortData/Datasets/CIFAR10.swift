import RetortFormats
import RetortNN
import RetortSchema

/// CIFAR-10: 32×32 colour pictures in ten classes, 50,000 for training and 10,000 for testing.
///
/// Source: Krizhevsky 2009, "Learning multiple layers of features from tiny images".
public struct CIFAR10: NamedDataset {
  /// Its entry in lists.
  public static let explanation = Explanation(
    "cifar-10", "colour 32×32 pictures of animals and vehicles in ten classes",
    """
    The binary version, cifar-10-binary.tar.gz, unpacked: data_batch_1.bin to data_batch_5.bin, 50,000 pictures \
    to train on, and test_batch.bin, 10,000 to test with. They lie in 'directory', or in cifar-10 in the cache \
    or in RETORT_DATA, there or in the folder cifar-10-batches-bin of the archive.
    """, source: "Krizhevsky 2009, Learning multiple layers of features from tiny images")

  /// The folder of the files; nil for the default locations.
  public var directory: String?

  /// CIFAR-10 at the default locations.
  public init() {}

  /// Its keys.
  public static let keys: [Key<CIFAR10>] = [
    .path("directory", \.directory, "the folder of its files, if not one of the usual places")
  ]

  /// 32×32 pixels in colour.
  public var examples: ExampleSpec { CIFARPart.examples }
  /// Ten.
  public var classCount: Int? { Self.classNames.count }

  /// Reads the six files.
  public func load() throws(DataError) -> DatasetParts {
    let files = (1...5).map { "data_batch_\($0).bin" } + ["test_batch.bin"]
    let paths = try DatasetLocations().paths(
      of: files, "cifar-10", explicit: directory, inner: "cifar-10-batches-bin")
    return DatasetParts(
      training: try CIFARPart.read("cifar-10 training", Array(paths[..<5]), Self.classNames),
      test: try CIFARPart.read("cifar-10 test", [paths[5]], Self.classNames), examples: examples)
  }

  /// Leaves of the folder's path the last name.
  public mutating func shortenPaths() { directory = directory.map(FilePath.name(of:)) }

  /// The names of the ten classes, as batches.meta.txt has them.
  public static let classNames = [
    "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
  ]
}

/// The reading of CIFAR's files.
enum CIFARPart {
  /// 32×32 pixels in colour.
  static let examples = ExampleSpec.image(
    ImageSize(height: CIFARFile.side, width: CIFARFile.side, channels: 3))

  /// The pictures of several files, one after the other.
  ///
  /// - Parameters:
  ///   - name: The name of the part.
  ///   - paths: The files.
  ///   - classNames: The names of the classes.
  ///   - labelCount: The labels of a record.
  ///   - chosen: Which of them is taken, from 0.
  /// - Throws: `DataError` for a file that is damaged, and for a label that is no class.
  static func read(
    _ name: String, _ paths: [String], _ classNames: [String], labelCount: Int = 1, chosen: Int = 0
  ) throws(DataError) -> ImageDataset {
    var (images, labels) = ([UInt8](), [Int32]())
    for path in paths {
      let file = try asDataError { () throws(FormatError) in
        try CIFARFile(path, labelCount: labelCount, chosen: chosen)
      }
      if let index = file.labels.firstIndex(where: { Int($0) >= classNames.count }) {
        throw .unknownLabel(
          path: path, index: index, label: Int(file.labels[index]), classes: classNames.count)
      }
      images += file.images
      labels += file.labels.map { Int32($0) }
    }
    return ImageDataset(
      name: name, images: images, labels: labels, height: CIFARFile.side, width: CIFARFile.side,
      channels: 3, classNames: classNames)
  }
}
