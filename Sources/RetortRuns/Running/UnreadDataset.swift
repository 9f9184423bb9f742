import RetortData
import RetortNN

/// The shape of a dataset without its examples, for a rehearsal: nothing is read, decoded or written.
struct UnreadDataset: Dataset {
  let name: String
  let fields: [Field]
  let labels: [Int32]
  let classNames: [String]

  init(_ dataset: any Dataset) {
    (name, fields) = (dataset.name, dataset.fields)
    (labels, classNames) = (dataset.labels, dataset.classNames)
  }

  private init(_ name: String, _ fields: [Field], _ labels: [Int32], _ classNames: [String]) {
    (self.name, self.fields, self.labels, self.classNames) = (name, fields, labels, classNames)
  }

  func write(_ index: Int, field: Int, into target: UnsafeMutableRawBufferPointer) {}

  func subset(_ indices: [Int], name: String?) -> UnreadDataset {
    UnreadDataset(name ?? self.name, fields, indices.map { labels[$0] }, classNames)
  }
}
