import RetortCore
import RetortNN

/// The pipeline from uint8 images to network inputs: augmentation and normalisation on the device.
public struct ImagePipeline: InputPipeline {
  /// The augmentation of training images.
  public let augmentation: Augmentation
  /// The map from samples to network inputs.
  public let normalization: Normalization
  private let size: ImageSize

  /// A pipeline for images of the given size; a nil normalization scales samples to 0…1.
  public init(
    _ size: ImageSize, augmentation: Augmentation = .none, normalization: Normalization? = nil
  ) {
    let normalization = normalization ?? .unit(channels: size.channels)
    precondition(
      normalization.mean.count == size.channels,
      "a Normalization must have as many channels as the pictures")
    (self.size, self.augmentation, self.normalization) = (size, augmentation, normalization)
  }

  /// `moves`, int32 `[5]`: the augmentation of each image.
  public var drawn: [Field] { [Field("moves", [ImageMove.wordCount], .int32)] }

  /// Draws an image's shift, mirroring and cutout.
  public func draw(
    _ field: Int, seed: UInt64, step: Int, slot: Int, into target: UnsafeMutableRawBufferPointer
  ) {
    let move = augmentation.move(
      seed: seed, step: step, slot: slot, height: size.height, width: size.width)
    withUnsafeBytes(of: move) { target.copyMemory(from: $0) }
  }

  /// The part by the augmentation's `crop`.
  public func crop(seed: UInt64, step: Int, slot: Int) -> RandomCrop? {
    guard augmentation.crop > 0 else { return nil }
    return RandomCrop(least: augmentation.crop, seed: seed, step: step, slot: slot)
  }

  /// `image`, float32 `[batch, height, width, channels]`.
  public func example(_ fields: [Tensor], drawn: [Tensor]) -> Example {
    Example(normalization.inputs(fields[0], moves: drawn.first, augmentation))
  }
}
