import RetortNN

/// Labelled examples of named fields.
///
/// To add a kind of dataset, write a type of this protocol and a source in `DatasetCatalog`.
public protocol Dataset: Sendable {
  /// The name in messages and result files.
  var name: String { get }
  /// The fields of every example besides its label, in order.
  var fields: [Field] { get }
  /// The class of each example, `[count]`, from 0.
  var labels: [Int32] { get }
  /// The names of the classes, by class number.
  var classNames: [String] { get }
  /// Whether `labels` say of what class examples are; true by default. Where they do not, all are 0.
  var isLabelled: Bool { get }
  /// How many of what models read an example has: 2 of a pair, else 1.
  var parts: Int { get }
  /// The number of threads that load examples: more than one where that takes work, such as decoding.
  var loadingThreads: Int { get }

  /// Writes one field of the example at `index`, `field.byteCount` bytes.
  ///
  /// - Parameters:
  ///   - index: The index of the example.
  ///   - field: An index into `fields`.
  ///   - target: The memory to write to.
  /// - Throws: `DataError` for an example that cannot be read; none where all are in memory.
  func write(
    _ index: Int, field: Int, into target: UnsafeMutableRawBufferPointer
  ) throws(DataError)

  /// Writes a field that is a picture, of which a part is brought to the size of the whole; by default the
  /// whole.
  ///
  /// - Parameters:
  ///   - index: The index of the example.
  ///   - field: An index into `fields`.
  ///   - crop: Which part.
  ///   - target: The memory to write to.
  /// - Throws: `DataError` for an example that cannot be read.
  func write(
    _ index: Int, field: Int, crop: RandomCrop, into target: UnsafeMutableRawBufferPointer
  ) throws(DataError)

  /// The examples at `indices`, in that order.
  ///
  /// - Parameters:
  ///   - indices: Indices into this dataset; repetitions are allowed.
  ///   - name: The name of the subset; this dataset's if nil.
  func subset(_ indices: [Int], name: String?) -> Self
}

extension Dataset {
  /// The number of examples.
  public var count: Int { labels.count }
  /// They do.
  public var isLabelled: Bool { true }
  /// One.
  public var parts: Int { 1 }
  /// One.
  public var loadingThreads: Int { 1 }
  /// The number of classes.
  public var classCount: Int { classNames.count }

  /// The whole.
  public func write(
    _ index: Int, field: Int, crop: RandomCrop, into target: UnsafeMutableRawBufferPointer
  ) throws(DataError) {
    try write(index, field: field, into: target)
  }

  /// The number of examples of each class.
  public var classCounts: [Int] {
    labels.reduce(into: [Int](repeating: 0, count: classCount)) { $0[Int($1)] += 1 }
  }

  /// The examples at `indices`, in that order, under the same name.
  public func subset(_ indices: [Int]) -> Self { subset(indices, name: nil) }
}
