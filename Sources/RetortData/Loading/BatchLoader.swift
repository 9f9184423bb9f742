import RetortCore
import RetortNN

/// Turns planned batches into what a device makes network inputs of.
public struct BatchLoader: Sendable {
  /// The examples.
  public let dataset: any Dataset
  /// What is done to them.
  public let pipeline: any InputPipeline
  /// What is drawn depends on it.
  public let seed: UInt64

  /// Makes a loader.
  public init(dataset: any Dataset, pipeline: any InputPipeline, seed: UInt64 = 0) {
    (self.dataset, self.pipeline, self.seed) = (dataset, pipeline, seed)
  }

  /// Makes a loader of pictures; a nil normalization scales to 0…1.
  public init(
    dataset: ImageDataset, augmentation: Augmentation = .none,
    normalization: Normalization? = nil, seed: UInt64 = 0
  ) {
    self.init(
      dataset: dataset,
      pipeline: ImagePipeline(
        dataset.size, augmentation: augmentation, normalization: normalization), seed: seed)
  }

  /// What the host writes of each example: the dataset's fields, then the pipeline's.
  public var fields: [Field] { dataset.fields + pipeline.drawn }

  /// Writes the fields of a batch's examples as they are, what is drawn for each, and their labels.
  ///
  /// The result depends on the loader and the batch alone.
  ///
  /// - Parameters:
  ///   - batch: Indices into the dataset.
  ///   - targets: For each of `fields` room for the batch, `[batch, …]`; the rest stays as it is.
  ///   - labels: At least `[batch]` classes; the rest stays as it is.
  public func load(
    _ batch: PlannedBatch, fields targets: [UnsafeMutableRawBufferPointer],
    labels: UnsafeMutableBufferPointer<Int32>
  ) {
    let (own, drawn, classes) = (dataset.fields, pipeline.drawn, dataset.labels)
    precondition(
      targets.count == own.count + drawn.count && labels.count >= batch.indices.count
        && zip(targets, own + drawn).allSatisfy { $0.count >= batch.indices.count * $1.byteCount },
      "the buffers must hold the whole batch")
    for (slot, index) in batch.indices.enumerated() {
      for (field, content) in own.enumerated() {
        dataset.write(index, field: field, into: targets[field].part(slot, content.byteCount))
      }
      for (field, content) in drawn.enumerated() {
        pipeline.draw(
          field, seed: seed, step: batch.step, slot: slot,
          into: targets[own.count + field].part(slot, content.byteCount))
      }
      labels[slot] = classes[index]
    }
  }
}

extension UnsafeMutableRawBufferPointer {
  /// The `index`-th of parts of `size` bytes.
  fileprivate func part(_ index: Int, _ size: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: self[index * size..<(index + 1) * size])
  }
}
