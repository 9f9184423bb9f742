import RetortCore
import RetortNN

/// A loader that turns planned batches into the device's inputs.
public struct BatchLoader: Sendable {
  /// The examples.
  public let dataset: any Dataset
  /// The pipeline from fields to network inputs.
  public let pipeline: any InputPipeline
  /// The seed of the pipeline's random draws.
  public let seed: UInt64

  /// A loader of any dataset.
  public init(dataset: any Dataset, pipeline: any InputPipeline, seed: UInt64 = 0) {
    (self.dataset, self.pipeline, self.seed) = (dataset, pipeline, seed)
  }

  /// A loader of images; a nil normalization scales samples to 0…1.
  public init(
    dataset: ImageDataset, augmentation: Augmentation = .none,
    normalization: Normalization? = nil, seed: UInt64 = 0
  ) {
    self.init(
      dataset: dataset,
      pipeline: ImagePipeline(
        dataset.size, augmentation: augmentation, normalization: normalization), seed: seed)
  }

  /// The fields that the host writes for each example: the dataset's, then the pipeline's.
  public var fields: [Field] { dataset.fields + pipeline.drawn }

  /// Writes the fields of a batch's examples, the pipeline's draws for each, and their labels.
  ///
  /// The result depends on the loader and the batch only.
  ///
  /// - Parameters:
  ///   - batch: The batch, with indices into the dataset.
  ///   - targets: Memory for the batch, `[batch, …]`, per field of `fields`; any excess is left unchanged.
  ///   - labels: Memory for at least `[batch]` labels; any excess is left unchanged.
  /// - Throws: The dataset's error for an example that cannot be read.
  public func load(
    _ batch: PlannedBatch, fields targets: [UnsafeMutableRawBufferPointer],
    labels: UnsafeMutableBufferPointer<Int32>
  ) throws(DataError) {
    let (own, drawn, classes) = (dataset.fields, pipeline.drawn, dataset.labels)
    precondition(
      targets.count == own.count + drawn.count && labels.count >= batch.indices.count
        && zip(targets, own + drawn).allSatisfy { $0.count >= batch.indices.count * $1.byteCount },
      "the buffers must hold the whole batch")
    for (slot, index) in batch.indices.enumerated() {
      let crop = pipeline.crop(seed: seed, step: batch.step, slot: slot)
      for (field, content) in own.enumerated() {
        let target = targets[field].part(slot, content.byteCount)
        if let crop {
          try dataset.write(index, field: field, crop: crop, into: target)
        } else {
          try dataset.write(index, field: field, into: target)
        }
        pipeline.retouch(field, seed: seed, step: batch.step, slot: slot, target)
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
  /// Part `index` of the parts of `size` bytes each.
  fileprivate func part(_ index: Int, _ size: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: self[index * size..<(index + 1) * size])
  }
}
