import RetortFormats
import RetortNN
import RetortSchema

/// A dataset that a recipe can name: the location of its files and the way to read them.
///
/// To add one, write a file with a type of this protocol and a line in `DatasetCatalog`.
public protocol NamedDataset: Configurable, Explained {
  /// The kind of its examples as far as it is known before files are read; models are checked against it.
  var examples: ExampleSpec { get }
  /// The number of classes if it is known before files are read; nil if it depends on the files.
  var classCount: Int? { get }

  /// The files that a recipe names for it; empty if it locates its own.
  var files: [String] { get }

  /// Reads all examples.
  ///
  /// - Throws: `DataError` for files that are missing, damaged or contradict each other.
  func load() throws(DataError) -> DatasetParts

  /// Replaces each path by its last component.
  mutating func shortenPaths()
}

extension NamedDataset {
  /// No files, as the dataset locates its own.
  public var files: [String] { [] }
}

/// The parts of a dataset that was read.
public struct DatasetParts: Sendable {
  /// The training examples.
  public let training: any Dataset
  /// The test examples.
  public let test: any Dataset
  /// The kind of the examples.
  public let examples: ExampleSpec
  /// The tokenizer of the texts; nil for other examples.
  public let tokenizer: WordPiece?

  /// A dataset of the given parts.
  public init(
    training: any Dataset, test: any Dataset, examples: ExampleSpec, tokenizer: WordPiece? = nil
  ) {
    (self.training, self.test, self.examples) = (training, test, examples)
    self.tokenizer = tokenizer
  }
}

extension CatalogEntry where Element == any NamedDataset {
  /// The entry of the dataset `type`.
  public init<Data: NamedDataset>(_ type: Data.Type) {
    self.init(type, wrap: { $0 })
  }
}

/// Every dataset that a recipe can name.
public enum DatasetCatalog {
  /// One entry per dataset.
  public static let all: Catalog<any NamedDataset> = [
    CatalogEntry(FashionMNIST.self),
    CatalogEntry(LabelledTextFiles.self),
  ]
}

extension ExampleSpec {
  /// The input pipeline of training examples.
  ///
  /// - Parameter augmentation: The augmentation of images; ignored for other examples.
  public func pipeline(_ augmentation: Augmentation = .none) -> any InputPipeline {
    switch self {
    case .image(let size): ImagePipeline(size, augmentation: augmentation)
    case .tokens: PlainPipeline(fields)
    }
  }
}
