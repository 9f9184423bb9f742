import RetortNN

/// Labelled examples of named fields.
///
/// One more kind of dataset is a type of this protocol and a source in `DatasetCatalog`.
public protocol Dataset: Sendable {
  /// The name for messages and result files.
  var name: String { get }
  /// What every example consists of besides its label, in order.
  var fields: [Field] { get }
  /// The class of each example, `[count]`, from 0.
  var labels: [Int32] { get }
  /// The names of the classes, in the order of their numbers.
  var classNames: [String] { get }

  /// Writes one field of the example at `index`, `field.byteCount` bytes.
  ///
  /// - Parameters:
  ///   - index: Which example, from 0.
  ///   - field: A position in `fields`.
  ///   - target: Room for the field.
  func write(_ index: Int, field: Int, into target: UnsafeMutableRawBufferPointer)

  /// The examples at `indices`, in that order.
  ///
  /// - Parameters:
  ///   - indices: Positions in this dataset; one may occur twice.
  ///   - name: The name of the choice; this dataset's if nil.
  func subset(_ indices: [Int], name: String?) -> Self
}

extension Dataset {
  /// The number of examples.
  public var count: Int { labels.count }
  /// The number of classes.
  public var classCount: Int { classNames.count }

  /// The number of examples of each class.
  public var classCounts: [Int] {
    labels.reduce(into: [Int](repeating: 0, count: classCount)) { $0[Int($1)] += 1 }
  }

  /// The examples at `indices`, in that order, under the same name.
  public func subset(_ indices: [Int]) -> Self { subset(indices, name: nil) }
}
