import RetortCore

/// Turns planned batches into what a device makes network inputs of.
public struct BatchLoader: Sendable {
  /// The pictures.
  public let dataset: ImageDataset
  /// What is done to them.
  public let augmentation: Augmentation
  /// How samples become inputs.
  public let normalization: Normalization
  /// What the augmentation depends on.
  public let seed: UInt64

  /// Makes a loader; a nil normalization scales to 0…1.
  public init(
    dataset: ImageDataset, augmentation: Augmentation = .none,
    normalization: Normalization? = nil, seed: UInt64 = 0
  ) {
    let normalization = normalization ?? .unit(channels: dataset.channels)
    precondition(
      normalization.mean.count == dataset.channels,
      "a Normalization must have as many channels as the pictures")
    self.dataset = dataset
    self.augmentation = augmentation
    self.normalization = normalization
    self.seed = seed
  }

  /// Writes the pictures of `batch` as they are, what is to happen to them, and their labels.
  ///
  /// The result depends on the loader and the batch alone.
  ///
  /// - Parameters:
  ///   - batch: Indices into the dataset.
  ///   - images: At least `[batch, height, width, channels]` samples; the rest stays as it is.
  ///   - moves: At least `[batch]`; the rest stays as it is.
  ///   - labels: At least `[batch]` classes; the rest stays as it is.
  public func load(
    _ batch: PlannedBatch, images: UnsafeMutableBufferPointer<UInt8>,
    moves: UnsafeMutableBufferPointer<ImageMove>, labels: UnsafeMutableBufferPointer<Int32>
  ) {
    let (size, count) = (dataset.imageSize, batch.indices.count)
    precondition(
      images.count >= count * size && moves.count >= count && labels.count >= count,
      "the buffers must hold the whole batch")
    let target = UnsafeMutableRawBufferPointer(images)
    dataset.images.withUnsafeBytes { samples in
      for (slot, index) in batch.indices.enumerated() {
        UnsafeMutableRawBufferPointer(rebasing: target[slot * size..<(slot + 1) * size])
          .copyMemory(
            from: UnsafeRawBufferPointer(rebasing: samples[index * size..<(index + 1) * size]))
        moves[slot] = augmentation.move(
          seed: seed, step: batch.step, slot: slot, height: dataset.height, width: dataset.width)
        labels[slot] = dataset.labels[index]
      }
    }
  }
}
