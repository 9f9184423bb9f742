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
    let (own, drawn, classes) = (dataset.fields, pipeline.drawn, dataset.labels)
    let each = own + drawn
    precondition(
      targets.count == each.count * views && labels.count >= batch.indices.count
        && targets.enumerated().allSatisfy {
          $1.count >= batch.indices.count * each[$0 % each.count].byteCount
        },
      "the buffers must hold the whole batch")
    for (slot, index) in batch.indices.enumerated() {
      for view in 0..<views {
        let targets = each.indices.map {
          targets[view * each.count + $0].part(slot, each[$0].byteCount)
        }
        try write(index, key(of: index, at: slot, of: batch, view), into: targets)
      }
      labels[slot] = classes[index]
    }
  }

  /// What the changes of an example are drawn by.
  struct DrawKey {
    let seed: UInt64
    let step, slot: Int

    /// Draw `number` of an example whose draws are repeated.
    static func repeated(_ number: Int, of index: Int) -> DrawKey {
      DrawKey(seed: 0, step: number, slot: index)
    }
  }

  private func key(
    of index: Int, at slot: Int, of batch: PlannedBatch, _ view: Int
  ) -> DrawKey {
    guard pipeline.draws > 0 else {
      // The first view is changed as an only one is.
      return DrawKey(seed: seed, step: batch.step, slot: slot + view << 24)
    }
    let epoch = batch.start.epoch + (batch.start.index + slot) / dataset.count
    return .repeated((epoch + view) % pipeline.draws, of: index)
  }

  /// Writes the fields of an example, the dataset's as the draws of `key` change them, then the pipeline's.
  private func write(
    _ index: Int, _ key: DrawKey, into targets: [UnsafeMutableRawBufferPointer]
  ) throws(DataError) {
    for (field, target) in targets.enumerated() {
      try write(index, key, field: field, into: target)
    }
  }

  /// Writes one field of an example.
  func write(
    _ index: Int, _ key: DrawKey, field: Int, into target: UnsafeMutableRawBufferPointer
  ) throws(DataError) {
    guard field < dataset.fields.count else {
      return pipeline.draw(
        field - dataset.fields.count, seed: key.seed, step: key.step, slot: key.slot, into: target)
    }
    if let crop = pipeline.crop(seed: key.seed, step: key.step, slot: key.slot) {
      try dataset.write(index, field: field, crop: crop, into: target)
    } else {
      try dataset.write(index, field: field, into: target)
    }
    pipeline.retouch(field, seed: key.seed, step: key.step, slot: key.slot, target)
  }
}

extension UnsafeMutableRawBufferPointer {
  /// Part `index` of the parts of `size` bytes each.
  fileprivate func part(_ index: Int, _ size: Int) -> UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(rebasing: self[index * size..<(index + 1) * size])
  }
}
