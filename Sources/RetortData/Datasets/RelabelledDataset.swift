import RetortNN

/// Examples under other labels than their own.
package struct RelabelledDataset: Dataset {
  private let base: any Dataset
  /// The class of each example, `[count]`, from 0.
  package let labels: [Int32]
  /// The names of the classes, by class number.
  package let classNames: [String]
  /// Whether the labels are known.
  package let isLabelled: Bool

  /// The examples of `base` with the given labels, each of which has a name.
  ///
  /// Without labels, all are 0 and unknown.
  package init(_ base: any Dataset, labels: [Int32]? = nil, classNames: [String]) {
    let known = labels ?? base.labels.map { _ in 0 }
    precondition(
      known.count == base.count && known.allSatisfy { $0 >= 0 && Int($0) < classNames.count },
      "every example of a RelabelledDataset has a label that names a class")
    self.init(base, known, classNames, isLabelled: labels != nil)
  }

  /// The examples of `base` with the same names of classes in another order.
  package init(_ base: any Dataset, ordered classNames: [String]) {
    let numbers = Dictionary(uniqueKeysWithValues: zip(classNames, Int32(0)...))
    let places = base.classNames.map { numbers[$0] }
    let labels = base.labels.compactMap { places[Int($0)] }
    precondition(
      labels.count == base.count, "an ordered RelabelledDataset has the classes of its base")
    self.init(base, labels, classNames, isLabelled: base.isLabelled)
  }

  private init(
    _ base: any Dataset, _ labels: [Int32], _ classNames: [String], isLabelled: Bool
  ) {
    (self.base, self.labels, self.classNames) = (base, labels, classNames)
    self.isLabelled = isLabelled
  }

  /// The name of the examples.
  package var name: String { base.name }
  /// Their fields.
  package var fields: [Field] { base.fields }
  /// As many as the examples have.
  package var parts: Int { base.parts }
  /// As many as the examples ask for.
  package var loadingThreads: Int { base.loadingThreads }

  /// Writes one field of an example.
  package func write(
    _ index: Int, field: Int, into target: UnsafeMutableRawBufferPointer
  ) throws(DataError) {
    try base.write(index, field: field, into: target)
  }

  /// Writes a part of a picture.
  package func write(
    _ index: Int, field: Int, crop: RandomCrop, into target: UnsafeMutableRawBufferPointer
  ) throws(DataError) {
    try base.write(index, field: field, crop: crop, into: target)
  }

  /// The examples at `indices`, in that order.
  package func subset(_ indices: [Int], name: String?) -> RelabelledDataset {
    RelabelledDataset(
      base.subset(indices, name: name), indices.map { labels[$0] }, classNames,
      isLabelled: isLabelled)
  }
}
