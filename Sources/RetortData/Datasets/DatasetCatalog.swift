import RetortFormats
import RetortNN
import RetortSchema

/// A dataset that a recipe can name: where its files lie, and how they are read.
///
/// One more is a file with a type of this protocol, and a line in `DatasetCatalog`.
public protocol NamedDataset: Configurable, Explained {
  /// What its examples are, as far as it is known before files are read; models are checked against it.
  var examples: ExampleSpec { get }
  /// The number of classes, as far as it is known before files are read; nil where files say it.
  var classCount: Int? { get }

  /// The files that a recipe names for it; empty where it finds its own.
  var files: [String] { get }

  /// Reads all examples.
  ///
  /// - Throws: `DataError` for files that are missing, damaged or contradict each other.
  func load() throws(DataError) -> DatasetParts

  /// Leaves of each path the last name.
  mutating func shortenPaths()
}

extension NamedDataset {
  /// It finds its own files.
  public var files: [String] { [] }
}

/// A dataset as it was read.
public struct DatasetParts: Sendable {
  /// What models learn from.
  public let training: any Dataset
  /// What they are measured on.
  public let test: any Dataset
  /// What the examples are.
  public let examples: ExampleSpec
  /// What texts became tokens by; nil where the examples are no texts.
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
  /// The dataset that `type` describes.
  public init<Data: NamedDataset>(_ type: Data.Type) {
    self.init(type, wrap: { $0 }, unwrap: { $0 as? Data })
  }
}

/// Every dataset that a recipe can name.
public enum DatasetCatalog {
  /// One line each.
  public static let all: Catalog<any NamedDataset> = [
    CatalogEntry(FashionMNIST.self),
    CatalogEntry(LabelledTextFiles.self),
  ]
}

extension ExampleSpec {
  /// What happens to training examples on their way into models.
  ///
  /// - Parameter augmentation: Changes of pictures; without meaning for other examples.
  public func pipeline(_ augmentation: Augmentation = .none) -> any InputPipeline {
    switch self {
    case .image(let size): ImagePipeline(size, augmentation: augmentation)
    case .tokens: PlainPipeline(fields)
    }
  }
}
