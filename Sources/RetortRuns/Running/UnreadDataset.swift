import RetortData
import RetortNN

/// The shape of a dataset without its examples, for a rehearsal: nothing is read, decoded or written.
struct UnreadDataset: Dataset {
  let name: String
  let fields: [Field]
  let parts: Int
  let labels: [Int32]
  let classNames: [String]
  let isLabelled: Bool

  init(_ dataset: any Dataset) {
    (name, fields, parts) = (dataset.name, dataset.fields, dataset.parts)
    (labels, classNames) = (dataset.labels, dataset.classNames)
    isLabelled = dataset.isLabelled
  }

  private init(_ name: String, _ labels: [Int32], of whole: UnreadDataset) {
    (self.name, self.labels) = (name, labels)
    (fields, parts, classNames) = (whole.fields, whole.parts, whole.classNames)
    isLabelled = whole.isLabelled
  }

  func write(_ index: Int, field: Int, into target: UnsafeMutableRawBufferPointer) {}

  func subset(_ indices: [Int], name: String?) -> UnreadDataset {
    UnreadDataset(name ?? self.name, indices.map { labels[$0] }, of: self)
  }
}
