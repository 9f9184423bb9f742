import RetortCore

/// The map from stored samples to network inputs: `(sample / 255 − mean) / deviation` per channel.
public struct Normalization: Equatable, Sendable {
  /// The mean of samples scaled to 0…1, per channel; it maps to 0.
  public let mean: [Float]
  /// The divisor after subtracting the mean, per channel, greater than 0.
  public let deviation: [Float]

  /// A normalisation; both lists have one number per channel.
  public init(mean: [Float], deviation: [Float]) {
    precondition(
      mean.count == deviation.count && deviation.allSatisfy { $0 > 0 },
      "a Normalization has a mean and a positive deviation per channel")
    self.mean = mean
    self.deviation = deviation
  }

  /// The normalisation that only scales samples to 0…1.
  public static func unit(channels: Int) -> Normalization {
    Normalization(
      mean: [Float](repeating: 0, count: channels),
      deviation: [Float](repeating: 1, count: channels)
    )
  }

  /// The network inputs of uint8 images `[batch, height, width, channels]`: augmented by `augmentation` and
  /// `moves` with zeros as sample values, then normalised.
  ///
  /// - Parameters:
  ///   - images: uint8 `[batch, height, width, channels]`.
  ///   - moves: int32 `[batch, 5]`, the words of `ImageMove`s; nil for no change.
  ///   - augmentation: The fill for uncovered pixels and the side of cut-out squares.
  /// - Returns: float32 of the images' shape.
  public func inputs(
    _ images: Tensor, moves: Tensor? = nil, _ augmentation: Augmentation = .none
  ) -> Tensor {
    let (graph, rows) = (images.graph, [images.shape[0], ImageMove.wordCount])
    let still = graph.constant([Int32](repeating: 0, count: rows[0] * rows[1]), Shape(rows))
    return images.augmented(
      moves: moves ?? still, table: graph.constant(table, [mean.count, 256]),
      padding: augmentation.padding, cutout: augmentation.cutout)
  }

  /// The network inputs of all 256 samples of each channel, `[channels, 256]`.
  private var table: [Float] {
    zip(mean, deviation).flatMap { mean, deviation in
      (0..<256).map { (Float($0) / 255 - mean) / deviation }
    }
  }
}
