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

  /// What is drawn for each image: `moves`, int32 `[5]`, its augmentation.
  ///
  /// Where draws are repeated, also `row`, int32 `[1]`, which of all draws of all images it is, those of one image
  /// standing together.
  ///
  /// Where images are mixed, also the other's weight, of rows, float32 `[height]`, times that of columns,
  /// `[width]`, and of its label, `[1]`.
  public var drawn: [Field] {
    let moves = [Field("moves", [ImageMove.wordCount], .int32)]
    if augmentation.draws > 0 { return moves + [Field("row", [1], .int32)] }
    guard augmentation.mixes else { return moves }
    return moves + [
      Field("otherRows", [size.height], .float32), Field("otherColumns", [size.width], .float32),
      Field("otherShare", [1], .float32),
    ]
  }

  /// Those of the augmentation.
  public var draws: Int { augmentation.draws }

  /// Draws an image's shift, mirroring and cutout, or a part of how its batch is mixed.
  public func draw(
    _ field: Int, seed: UInt64, step: Int, slot: Int, into target: UnsafeMutableRawBufferPointer
  ) {
    if field == 1, augmentation.draws > 0 {
      let row = slot.saturatingProduct(augmentation.draws).saturatingSum(step)
      target.storeBytes(of: Int32(clamping: row), as: Int32.self)
      return
    }
    guard field == 0 else {
      let mixing = BatchMixing(
        mixup: augmentation.mixup, cutmix: augmentation.cutmix, seed: seed, step: step,
        height: size.height, width: size.width)
      let weights = target.bindMemory(to: Float.self)
      switch field {
      case 1:
        for row in 0..<size.height {
          weights[row] = mixing.rows.contains(row) ? mixing.weight : 0
        }
      case 2:
        for column in 0..<size.width {
          weights[column] = mixing.columns.contains(column) ? 1 : 0
        }
      default: weights[0] = mixing.share
      }
      return
    }
    let move = augmentation.move(
      seed: seed, step: step, slot: slot, height: size.height, width: size.width)
    withUnsafeBytes(of: move) { target.copyMemory(from: $0) }
  }

  /// The part by the augmentation's `crop`.
  public func crop(seed: UInt64, step: Int, slot: Int) -> RandomCrop? {
    guard augmentation.crop > 0 else { return nil }
    return RandomCrop(least: augmentation.crop, seed: seed, step: step, slot: slot)
  }

  /// Changes an image's colours and shape by the augmentation's `jitter` and `randaugment`.
  public func retouch(
    _ field: Int, seed: UInt64, step: Int, slot: Int, _ samples: UnsafeMutableRawBufferPointer
  ) {
    let changes = augmentation.changes(seed: seed, step: step, slot: slot, size)
    PictureChange.apply(changes, to: samples, size)
  }

  /// `image`, float32 `[batch, height, width, channels]`.
  public func example(_ fields: [Tensor], drawn: [Tensor]) -> Example {
    let images = normalization.inputs(fields[0], moves: drawn.first, augmentation)
    let batch = images.shape[0]
    if drawn.count == 2 { return Example([("image", images)], row: drawn[1].reshape([batch])) }
    guard drawn.count == 4 else { return Example(images) }
    let weights =
      drawn[1].reshape([batch, size.height, 1, 1]) * drawn[2].reshape([batch, 1, size.width, 1])
    let mixed = images + (images.movedOn() - images) * weights
    return Example([("image", mixed)], otherShare: drawn[3].reshape([batch]))
  }
}
