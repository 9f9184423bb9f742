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
  /// How often each example is in a batch, each time changed by draws of its own, ≥ 1.
  public let views: Int

  /// A loader of any dataset.
  public init(
    dataset: any Dataset, pipeline: any InputPipeline, seed: UInt64 = 0, views: Int = 1
  ) {
    precondition(views >= 1, "a batch has one view at least")
    (self.dataset, self.pipeline, self.seed, self.views) = (dataset, pipeline, seed, views)
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

  /// The fields that the host writes for each example: the dataset's, then the pipeline's, of one view after the other.
  public var fields: [Field] {
    (0..<views).flatMap { _ in dataset.fields + pipeline.drawn }
  }

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
    let (fields, classes) = (fields, dataset.labels)
    precondition(
      targets.count == fields.count && labels.count >= batch.indices.count
        && zip(targets, fields).allSatisfy { $0.count >= batch.indices.count * $1.byteCount },
      "the buffers must hold the whole batch")
    let count = fields.count / views
    for (slot, index) in batch.indices.enumerated() {
      for view in 0..<views {
        try write(
          index, slot, of: batch.step, view: view, into: targets[view * count..<(view + 1) * count])
      }
      labels[slot] = classes[index]
    }
  }

  /// Writes the fields of one view of an example.
  private func write(
    _ index: Int, _ slot: Int, of step: Int, view: Int,
    into targets: ArraySlice<UnsafeMutableRawBufferPointer>
  ) throws(DataError) {
    // The first view is changed as an only one is.
    let draw = slot + view << 24
    let crop = pipeline.crop(seed: seed, step: step, slot: draw)
    for (field, content) in dataset.fields.enumerated() {
      let target = targets[targets.startIndex + field].part(slot, content.byteCount)
      if let crop {
        try dataset.write(index, field: field, crop: crop, into: target)
      } else {
        try dataset.write(index, field: field, into: target)
      }
      pipeline.retouch(field, seed: seed, step: step, slot: draw, target)
    }
    for (field, content) in pipeline.drawn.enumerated() {
      let target = targets[targets.startIndex + dataset.fields.count + field]
      pipeline.draw(
        field, seed: seed, step: step, slot: draw, into: target.part(slot, content.byteCount))
    }
  }
}

extension UnsafeMutableRawBufferPointer {
  /// Part `index` of the parts of `size` bytes each.
  fileprivate func part(_ index: Int, _ size: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: self[index * size..<(index + 1) * size])
  }
}
