/// Turns planned batches into network inputs.
public struct BatchLoader: Sendable {
  /// The pictures.
  public let dataset: ImageDataset
  /// What is done to them.
  public let augmentation: Augmentation
  /// How samples become inputs.
  public let normalization: Normalization
  /// What the augmentation depends on.
  public let seed: UInt64

  private let table: [Float]  // [channels, 256]

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
    table = normalization.table
  }

  /// Writes the pictures and labels of `batch`.
  ///
  /// The result depends on the loader and the batch alone. Pixels that a shift brings in are 0
  /// before normalization.
  ///
  /// - Parameters:
  ///   - batch: Indices into the dataset.
  ///   - images: At least `[batch, height, width, channels]` elements; the rest stays as it is.
  ///   - labels: At least `[batch]` elements; the rest stays as it is.
  public func load(
    _ batch: PlannedBatch, images: UnsafeMutableBufferPointer<Float>,
    labels: UnsafeMutableBufferPointer<Int32>
  ) {
    let size = dataset.imageSize
    precondition(
      images.count >= batch.indices.count * size && labels.count >= batch.indices.count,
      "the buffers must hold the whole batch")
    dataset.images.withUnsafeBufferPointer { samples in
      table.withUnsafeBufferPointer { table in
        for (slot, index) in batch.indices.enumerated() {
          labels[slot] = dataset.labels[index]
          let move = augmentation.move(seed: seed, step: batch.step, slot: slot)
          place(
            UnsafeBufferPointer(rebasing: samples[index * size..<(index + 1) * size]), move, table,
            UnsafeMutableBufferPointer(rebasing: images[slot * size..<(slot + 1) * size]))
        }
      }
    }
  }

  // Rows and columns that a move brings in are told apart outside the loop over pixels.
  private func place(
    _ source: UnsafeBufferPointer<UInt8>, _ move: Augmentation.Move,
    _ table: UnsafeBufferPointer<Float>, _ target: UnsafeMutableBufferPointer<Float>
  ) {
    let (height, width, channels) = (dataset.height, dataset.width, dataset.channels)
    let columns = max(0, move.right)..<max(0, move.right, min(width, width + move.right))
    for y in 0..<height {
      let row = y - move.down
      let isInside = row >= 0 && row < height
      let inside = isInside ? columns : 0..<0
      for channel in 0..<channels {
        let values = UnsafeBufferPointer(rebasing: table[channel * 256..<(channel + 1) * 256])
        let first = y * width * channels + channel
        for x in 0..<min(inside.lowerBound, width) { target[first + x * channels] = values[0] }
        for x in min(inside.upperBound, width)..<width { target[first + x * channels] = values[0] }
        let start = row * width * channels + channel
        if move.mirrored {
          let end = start + (width - 1 + move.right) * channels
          for x in inside {
            target[first + x * channels] = values[Int(source[end - x * channels])]
          }
        } else {
          let moved = start - move.right * channels
          for x in inside {
            target[first + x * channels] = values[Int(source[moved + x * channels])]
          }
        }
      }
    }
  }
}
