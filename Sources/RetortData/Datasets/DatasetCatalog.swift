import RetortFormats
import RetortNN
import RetortSchema

/// A dataset that a recipe can name: the location of its files and the way to read them.
///
/// To add one, write a file with a type of this protocol and a line in `DatasetCatalog`.
public protocol NamedDataset: Configurable, Explained {
  /// The kind of its examples as far as it is known before files are read; models are checked against it.
  var examples: ExampleSpec { get }
  /// What models that learn on it give: logits of its classes by default, or vectors of texts in pairs.
  var outputs: OutputKind { get }
  /// The number of classes if it is known before files are read; nil if it depends on the files.
  var classCount: Int? { get }

  /// The files that a recipe names for it; empty if it locates its own.
  var files: [String] { get }

  /// The folders and archives that a recipe names for it, of which a run remembers names and sizes; empty by
  /// default.
  var folders: [String] { get }

  /// Whether the examples to learn from have labels, as far as it is known before files are read; true by default.
  var isLabelled: Bool { get }

  /// Whether its files have a part for validation, so that none need be held out; false by default.
  var hasValidation: Bool { get }

  /// Finds all examples, and reads them unless they are read where they are needed.
  ///
  /// - Throws: `DataError` for files that are missing, damaged or contradict each other.
  func load() throws(DataError) -> DatasetParts

  /// Replaces each path by its last component.
  mutating func shortenPaths()
}

extension NamedDataset {
  /// Logits of its classes.
  public var outputs: OutputKind { .logits }
  /// No files, as the dataset locates its own.
  public var files: [String] { [] }
  /// No folders.
  public var folders: [String] { [] }
  /// They have.
  public var isLabelled: Bool { true }
  /// No part for validation.
  public var hasValidation: Bool { false }
}

/// The parts of a dataset that was read.
public struct DatasetParts: Sendable {
  /// The training examples.
  public let training: any Dataset
  /// The examples for validation; nil for none.
  public let validation: (any Dataset)?
  /// The test examples.
  public let test: any Dataset
  /// The kind of the examples.
  public let examples: ExampleSpec
  /// The tokenizer of the texts; nil for other examples.
  public let tokenizer: Tokenizer?
  /// What was noticed and the user should know, such as files that were left out.
  public let notes: [String]

  /// A dataset of the given parts.
  public init(
    training: any Dataset, validation: (any Dataset)? = nil, test: any Dataset,
    examples: ExampleSpec, tokenizer: Tokenizer? = nil, notes: [String] = []
  ) {
    (self.training, self.validation, self.test) = (training, validation, test)
    (self.examples, self.tokenizer, self.notes) = (examples, tokenizer, notes)
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
    CatalogEntry(ImageFolder.self),
    CatalogEntry(CIFAR10.self),
    CatalogEntry(CIFAR100.self),
    CatalogEntry(NumPyArrays.self),
    CatalogEntry(Shards.self),
    CatalogEntry(TextPairFiles.self),
    CatalogEntry(DebianDescriptions.self),
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
