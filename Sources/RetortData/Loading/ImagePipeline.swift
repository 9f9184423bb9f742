import RetortCore
import RetortNN

/// Pictures, uint8, to network inputs: augmented and normalised on the device.
public struct ImagePipeline: InputPipeline {
  /// What is done to training pictures.
  public let augmentation: Augmentation
  /// How samples become inputs.
  public let normalization: Normalization
  private let size: ImageSize

  /// A pipeline for pictures of the given size; a nil normalization scales to 0…1.
  public init(
    _ size: ImageSize, augmentation: Augmentation = .none, normalization: Normalization? = nil
  ) {
    let normalization = normalization ?? .unit(channels: size.channels)
    precondition(
      normalization.mean.count == size.channels,
      "a Normalization must have as many channels as the pictures")
    (self.size, self.augmentation, self.normalization) = (size, augmentation, normalization)
  }

  /// `moves`, int32: what is to happen to each picture.
  public var drawn: [Field] { [Field("moves", [ImageMove.wordCount], .int32)] }

  /// Draws a picture's shift, mirroring and cutout.
  public func draw(
    _ field: Int, seed: UInt64, step: Int, slot: Int, into target: UnsafeMutableRawBufferPointer
  ) {
    let move = augmentation.move(
      seed: seed, step: step, slot: slot, height: size.height, width: size.width)
    withUnsafeBytes(of: move) { target.copyMemory(from: $0) }
  }

  /// `image`, float32 `[batch, height, width, channels]`.
  public func example(_ fields: [Tensor], drawn: [Tensor]) -> Example {
    Example(normalization.inputs(fields[0], moves: drawn.first, augmentation))
  }
}
