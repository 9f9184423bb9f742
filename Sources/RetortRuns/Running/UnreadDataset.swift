import RetortData
import RetortNN

/// The shape of a dataset without its examples, for a rehearsal: nothing is read, decoded or written.
struct UnreadDataset: Dataset {
  let name: String
  let fields: [Field]
  let labels: [Int32]
  let classNames: [String]
  let isLabelled: Bool

  init(_ dataset: any Dataset) {
    (name, fields) = (dataset.name, dataset.fields)
    (labels, classNames) = (dataset.labels, dataset.classNames)
    isLabelled = dataset.isLabelled
  }

  private init(_ name: String, _ whole: UnreadDataset, _ labels: [Int32]) {
    (self.name, fields, self.labels, classNames) = (name, whole.fields, labels, whole.classNames)
    isLabelled = whole.isLabelled
  }

  func write(_ index: Int, field: Int, into target: UnsafeMutableRawBufferPointer) {}

  func subset(_ indices: [Int], name: String?) -> UnreadDataset {
    UnreadDataset(name ?? self.name, self, indices.map { labels[$0] })
  }
}
