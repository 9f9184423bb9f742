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
  /// The result depends on the loader and the batch alone. Zeros that a shift or a cutout brings in
  /// are those of samples, before normalization.
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
          let move = augmentation.move(
            seed: seed, step: batch.step, slot: slot, height: dataset.height, width: dataset.width)
          place(
            UnsafeBufferPointer(rebasing: samples[index * size..<(index + 1) * size]), move, table,
            UnsafeMutableBufferPointer(rebasing: images[slot * size..<(slot + 1) * size]))
        }
      }
    }
  }

  // Where a column comes from is found once, not once a row.
  private func place(
    _ source: UnsafeBufferPointer<UInt8>, _ move: Augmentation.Move,
    _ table: UnsafeBufferPointer<Float>, _ target: UnsafeMutableBufferPointer<Float>
  ) {
    let (width, channels) = (dataset.width, dataset.channels)
    let cut = move.cutLeft..<move.cutLeft + augmentation.cutout
    let columns = (0..<width).map { x in
      augmentation.padding.place(x - move.right, in: width).map {
        move.mirrored ? width - 1 - $0 : $0
      }
    }
    for y in 0..<dataset.height {
      let row = augmentation.padding.place(y - move.down, in: dataset.height)
      let isCut = (move.cutTop..<move.cutTop + augmentation.cutout).contains(y)
      for x in 0..<width {
        let first = (y * width + x) * channels
        guard let row, let column = columns[x], !(isCut && cut.contains(x)) else {
          for channel in 0..<channels { target[first + channel] = table[channel * 256] }
          continue
        }
        let from = (row * width + column) * channels
        for channel in 0..<channels {
          target[first + channel] = table[channel * 256 + Int(source[from + channel])]
        }
      }
    }
  }
}

extension Augmentation.Padding {
  /// The place in `0..<count` whose pixel stands at `place`, or nil for zero.
  fileprivate func place(_ place: Int, in count: Int) -> Int? {
    if (0..<count).contains(place) { return place }
    switch self {
    case .zero: return nil
    case .edge: return min(max(place, 0), count - 1)
    case .reflect:
      let period = max(1, 2 * (count - 1))
      let there = (place % period + period) % period
      return min(there, period - there)
    }
  }
}
